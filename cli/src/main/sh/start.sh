# Sourced by ./holdfast and by the released file, with java (the program) and lib (the jars and the AOT cache) set:
# becomes the command. What java gets beyond the arguments: whether output goes to a terminal, and its width.
terminal=
if [ -t 1 ] || [ -t 2 ]; then
  size=$(stty size 2>/dev/null </dev/tty) || size=
  width=${size#* }
  [ ! -t 1 ] || terminal="-Dholdfast.terminal.out=${width:-80}"
  [ ! -t 2 ] || terminal="$terminal -Dholdfast.terminal.err=${width:-80}"
  [ ! -t 0 ] || terminal="$terminal -Dholdfast.terminal.in=true"
fi
cache=$lib/holdfast.aot
case ${1-} in repo | sandbox) [ ! -e "$lib/$1.aot" ] || cache=$lib/$1.aot ;; esac
if [ -e "$cache" ]; then cache=-XX:AOTCache=$cache; else cache=; fi

# Most of what a command runs, it runs a few times: compiling it would take longer than interpreting it.
# But the loops over volume data's bytes are worth it at once, a password's key derivation, and what calls those that
# are machine instructions: AES and SHA-256 of repositories, and TLS, by which volumes come from pods.
compile="-XX:CompileThresholdScaling=8 -XX:CompileCommand=quiet"
for method in com.sun.crypto.provider.CounterMode::crypt com.sun.crypto.provider.CounterMode::implCrypt \
  com.sun.crypto.provider.GaloisCounterMode::implGCMCrypt com.sun.crypto.provider.GHASH::update \
  com.sun.crypto.provider.GHASH::doFinal \
  sun.security.provider.DigestBase::implCompressMultiBlock sun.security.provider.SHA2::implCompress \
  dev.holdfast.repository.crypto.Scrypt::salsa dev.holdfast.repository.crypto.Scrypt::xor \
  com.sun.crypto.provider.Poly1305::engineUpdate dev.holdfast.repository.crypto.Poly1305::interleaved dev.holdfast.repository.chunk.Chunker::firstCut \
  dev.holdfast.repository.index.IndexScan::blob dev.holdfast.repository.index.BlobTable::add; do
  compile="$compile -XX:CompileCommand=CompileThresholdScaling,$method,0.01"
done

# Memory is set, not grown. Only the JVM's start can do that; the command checks that it is a size. Buffers of volume
# data are large and live long: a small young generation leaves them the room, and less is resident in the end.
# What reflection calls in these verbs it calls a few times, and method handles for it would be built at each start.
heap= reflection=
[ "${1-}" != repo ] || heap='-Xmx128m -Xmn16m' reflection=-Djdk.reflect.useNativeAccessorOnly=true
flag=
for word in "$@"; do
  case $word in --memory=*) flag=--memory word=${word#--memory=} ;; esac
  if [ "$flag" = --memory ]; then
    case $word in '' | *[!0-9kKmMgG]*) ;; *) heap=-Xmx$word ;; esac
  fi
  flag=$word
done

# HOLDFAST_JAVA_OPTIONS, $compile, $heap, $reflection and $terminal are lists of words.
# shellcheck disable=SC2086,SC2154
exec "$java" -XX:+UseSerialGC $compile $heap $reflection ${cache:+"$cache"} -Xlog:disable -Xlog:all=error:stderr $terminal \
  ${HOLDFAST_JAVA_OPTIONS-} -jar "$lib/holdfast-cli.jar" "$@"
