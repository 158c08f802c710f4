#!/bin/sh
# Usage: train.sh JAVA LIB BUILT S3SERVER -- makes LIB/holdfast.aot, the AOT cache that ./holdfast starts with, from one
# run of the verbs against a sandbox and a bucket in processes of their own, and touches BUILT. The sandbox makes one,
# too, LIB/sandbox.aot, for the verbs that start one, and LIB/repo.aot is for the verbs of repo: all of a cache is in
# memory, and what a verb does not use only slows its start. S3SERVER is the class path of the module s3server. Without
# a cache everything works, only slower: a failure here is told and is no build failure.
java=$1 lib=$2 built=$3 s3server=$4
work=$(mktemp -d)
rm -f "$lib/holdfast.aot" "$lib/sandbox.aot" "$lib/repo.aot"

"$java" -XX:+UseSerialGC -XX:AOTCacheOutput="$lib/sandbox.aot" -Xlog:disable -Xlog:all=error:stderr \
  -cp "$lib/holdfast-cli.jar" dev.holdfast.cli.Main \
  sandbox start --kubeconfig "$work/kubeconfig" >"${built%/*}/train-sandbox.log" 2>&1 </dev/null &
sandbox=$!
"$java" -XX:+UseSerialGC -cp "$s3server" dev.holdfast.s3server.BucketProcess "$work/bucket" training \
  >"${built%/*}/train-bucket.log" 2>&1 </dev/null &
bucket=$!
trap 'kill "$sandbox" "$bucket" 2>/dev/null; wait; rm -rf "$work"' EXIT

started() { # FILE PID: a busy machine may take its time
  while [ ! -s "$1" ] && kill -0 "$2" 2>/dev/null; do
    sleep 1
  done
  [ -s "$1" ]
}

set --
! started "$work/kubeconfig" "$sandbox" || set -- "$work/kubeconfig" "$work/location"
! { [ $# -gt 0 ] && started "$work/bucket" "$bucket"; } || set -- "$@" "s3:$(cat "$work/bucket")"

train() { # NAME ARGUMENT...: makes LIB/NAME.aot
  name=$1
  shift
  if ! HOME=$work XDG_CONFIG_HOME=$work AWS_ACCESS_KEY_ID=holdfast AWS_SECRET_ACCESS_KEY=holdfast-secret \
    "$java" -XX:+UseSerialGC -XX:AOTCacheOutput="$lib/$name.aot" -Xlog:disable -Xlog:all=error:stderr \
    -cp "$lib/holdfast-cli.jar" dev.holdfast.cli.Training "$@" >"${built%/*}/train-$name.log" 2>&1 ||
    [ ! -s "$lib/$name.aot" ]; then
    echo "No AOT cache $name.aot was made, holdfast will start slower; see cli/target/train-$name.log" >&2
    rm -f "$lib/$name.aot"
  fi
}

train holdfast "$@" & # beside the other: neither keeps two processors busy
holdfast=$!
[ $# -lt 3 ] || set -- "$1" "$2" "$3/repo"
train repo repo "$work/volumes/location" ${3+"$3"}
wait "$holdfast"
kill "$sandbox" 2>/dev/null
wait "$sandbox" # it writes its cache when it ends
: >"$built"
