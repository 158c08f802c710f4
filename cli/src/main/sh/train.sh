#!/bin/sh
# Usage: train.sh JAVA LIB BUILT -- makes LIB/holdfast.aot, the AOT cache that ./holdfast starts with, from one run
# of the verbs against a sandbox in a process of its own, and touches BUILT. Without a cache everything works, only
# slower: a failure here is told and is no build failure.
java=$1 lib=$2 built=$3
log=${built%/*}/train.log
work=$(mktemp -d)
rm -f "$lib/holdfast.aot"

"$java" -XX:+UseSerialGC -cp "$lib/holdfast-cli.jar" dev.holdfast.cli.Main \
  sandbox start --kubeconfig "$work/kubeconfig" >"${built%/*}/train-sandbox.log" 2>&1 </dev/null &
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null; wait "$sandbox"; rm -rf "$work"' EXIT
while [ ! -s "$work/kubeconfig" ] && kill -0 "$sandbox" 2>/dev/null; do # a busy machine may take its time
  sleep 1
done
set --
[ ! -s "$work/kubeconfig" ] || set -- "$work/kubeconfig" "$work/location"

if ! HOME=$work XDG_CONFIG_HOME=$work "$java" -XX:+UseSerialGC -XX:AOTCacheOutput="$lib/holdfast.aot" \
  -Xlog:disable -Xlog:all=error:stderr -cp "$lib/holdfast-cli.jar" dev.holdfast.cli.Training "$@" >"$log" 2>&1 ||
  [ ! -s "$lib/holdfast.aot" ]; then
  echo "No AOT cache was made, holdfast will start slower; see cli/target/train.log" >&2
  rm -f "$lib/holdfast.aot"
fi
: >"$built"
