# Sourced by ./mvnw and ./holdfast: point JAVA_HOME at a JDK of at least this feature release.
# Order: JAVA_HOME if new enough, then `javac` on PATH, then the usual install places. Starts no JVM.
required=25
feature_of() { # prints the feature release recorded in $1/release, 0 if $1 is no JDK
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || { echo 0; return; }
  v=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
  echo "${v:-0}"
}
find_jdk() {
  on_path=$(command -v javac || :)
  [ -z "$on_path" ] || on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
  set +f
  for d in "${JAVA_HOME-}" "$on_path" /usr/lib/jvm/* /opt/java/* "$HOME"/.sdkman/candidates/java/* \
    "$HOME"/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    [ -n "$d" ] && [ "$(feature_of "$d")" -ge "$required" ] && { set -f; echo "$d"; return; }
  done
  set -f
  return 1
}
JAVA_HOME=$(find_jdk) || { echo "A JDK $required or newer is needed: install one or set JAVA_HOME." >&2; exit 1; }
export JAVA_HOME
