#!/bin/sh
# Usage: release.sh JAVA_HOME ROOT VERSION -- makes ROOT/cli/target/holdfast-VERSION-PLATFORM, one file that runs where
# no Java is, and its .sha256: self-extract.sh, then a gzipped tar of a Java runtime with the modules that we use, the
# jars of cli/target/lib, and an AOT cache trained on both. Two builds of one commit with one JDK give the same bytes,
# but for the AOT cache, into which the JVM writes addresses. Needs GNU tar.
set -eu
java_home=$1 root=$2 version=$3
sh=$root/cli/src/main/sh target=$root/cli/target
platform=$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
tree=$target/release
out=$target/holdfast-$version-$platform
# The rest of what jdeps finds (java.desktop, java.sql) is for parts of libraries that we do not use.
modules=$(cat "$root/cli/src/main/resources/dev/holdfast/cli/modules")

rm -rf "$tree" "$out" "$out.sha256"
"$java_home/bin/jlink" --add-modules "$modules" --strip-debug --no-header-files --no-man-pages --output "$tree/runtime"
mkdir "$tree/lib"
cp "$target"/lib/*.jar "$tree/lib"
cp "$sh/start.sh" "$root/LICENSE" "$tree"
same_age() { find "$tree" -exec touch -h -d 2026-01-01T00:00:00Z {} +; } # the AOT cache notes its jars' times
same_age
sh "$sh/train.sh" "$tree/runtime/bin/java" "$tree/lib" "$target/release-built"
[ -e "$tree/lib/holdfast.aot" ]
same_age

tar -cf "$target/release.tar" -C "$tree" --sort=name --owner=0 --group=0 --numeric-owner --format=gnu .
gzip -n -f "$target/release.tar" # -9 takes seven times as long for two per cent
sum=$(sha256sum "$target/release.tar.gz" | cut -d' ' -f1)
sed -e "s/@VERSION@/$version/; s/@PLATFORM@/$platform/; s/@SUM@/$sum/" \
  -e "s/@FILES@/$(find "$tree" -type f | wc -l)/; s/@MEGABYTES@/$(du -sm "$tree" | cut -f1)/" \
  -e "s/@LINE@/$(($(wc -l <"$sh/self-extract.sh") + 1))/" "$sh/self-extract.sh" >"$out.part"
cat "$target/release.tar.gz" >>"$out.part"
rm -rf "$tree" "$target/release.tar.gz" "$target/release-built"
chmod 755 "$out.part"
mv "$out.part" "$out"
(cd "$target" && sha256sum "${out##*/}" >"$out.sha256")
echo "${out#"$root"/}: $(($(wc -c <"$out") / 1000000)) MB"
