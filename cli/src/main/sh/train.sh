#!/bin/sh
# Usage: train.sh JAVA LIB BUILT -- makes LIB/holdfast.aot, the AOT cache that ./holdfast starts with, from one run
# that loads what the verbs load, and touches BUILT. Without a cache everything works, only slower: a failure here
# is told and is no build failure.
java=$1 lib=$2 built=$3
rm -f "$lib/holdfast.aot"
if ! "$java" -XX:+UseSerialGC -XX:AOTCacheOutput="$lib/holdfast.aot" -Xlog:disable -Xlog:all=error:stderr \
  -cp "$lib/holdfast-cli.jar" dev.holdfast.cli.Training >"$lib/../train.log" 2>&1 || [ ! -s "$lib/holdfast.aot" ]; then
  echo "No AOT cache was made, holdfast will start slower; see cli/target/train.log" >&2
  rm -f "$lib/holdfast.aot"
fi
: >"$built"
