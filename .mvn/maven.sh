# Sourced by ./mvnw: a Maven on the path is used if it is at least 3.8.7, so that the build also works where the
# wrapper's download is out of reach; otherwise the wrapper downloads one. HOLDFAST_MAVEN=wrapper forces the download.
new_enough() { # reads `mvn --version`
  # shellcheck disable=SC2046
  set -- $(sed -n '1s/.*Maven \([0-9]*\)\.\([0-9]*\)\.\([0-9]*\).*/\1 \2 \3/p')
  [ $# -eq 3 ] && [ $(($1 * 1000000 + $2 * 1000 + $3)) -ge 3008007 ]
}
HOLDFAST_MVN=""
if [ "${HOLDFAST_MAVEN-}" != wrapper ] && mvn --version 2>/dev/null | new_enough; then HOLDFAST_MVN=mvn; fi
