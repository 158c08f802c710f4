#!/bin/sh
# Holdfast @VERSION@ for @PLATFORM@ in one file: this script, then a gzipped tar of a Java runtime, the jars and an AOT
# cache. The first start unpacks it below the user's cache directory, or, where that cannot be written, below TMPDIR;
# later starts run what is there. Other versions that were not started for 30 days go when a new one unpacks itself. To
# remove Holdfast, delete this file and ~/.cache/holdfast.
set -eu
sum=@SUM@
files=@FILES@ # that the tar holds

payload() { tail -n +@LINE@ "$0"; }

# A directory that a clean-up of old temporary files has thinned out is not complete; nor is one on a file system that
# runs no programs.
complete() { [ -x "$1/runtime/bin/java" ] && [ "$(find "$1" -type f ! -name used | wc -l)" -eq "$files" ]; }

intact() {
  if command -v sha256sum >/dev/null 2>&1; then
    [ "$(payload | sha256sum)" = "$sum  -" ]
  else
    payload | gzip -t 2>/dev/null
  fi
}

# Unpacks into $1/$sum, unless that is there. It appears at once and complete, by one rename, so that starts at the same
# time do not harm each other: the loser of that race finds the name taken and throws its own copy away.
unpack() {
  dir=$1/$sum
  ! complete "$dir" || return 0
  why=$( (umask 077 && mkdir -p "$1") 2>&1) && new=$(mktemp -d "$1/new.XXXXXX" 2>&1) || { why=${why:-$new}; return 1; }
  trap 'rm -rf "$new"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  intact || { echo "holdfast: $0 is damaged or incomplete: download it again." >&2; exit 1; }
  why=$(payload | gzip -dc | tar -xof - -C "$new" 2>&1) || { rm -rf "$new"; return 1; }
  complete "$new" || { rm -rf "$new"; why="programs may not run there, or files went missing"; return 1; }
  complete "$dir" || [ ! -e "$dir" ] || mv "$dir" "$new/replaced"
  mv "$new" "$dir" 2>/dev/null || :
  rm -rf "$dir/${new##*/}" "$dir/replaced"
  trap - EXIT HUP INT TERM
  # left over from starts that were killed while they unpacked, and versions that nobody starts any more
  find "$1" -maxdepth 1 -name 'new.*' -mtime +0 -exec rm -rf {} + 2>/dev/null || :
  find "$1" -mindepth 2 -maxdepth 2 -name used -mtime +30 2>/dev/null | while read -r old; do rm -rf "${old%/used}"; done
  why="$dir could not be made"
  complete "$dir"
}

# Nobody else may have made the directory below TMPDIR: what is in it is run.
unpack_temporary() {
  why=$( (umask 077 && mkdir -p "$1") 2>&1) || return 1
  [ -O "$1" ] || { why="it belongs to another user"; return 1; }
  unpack "$1"
}

cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
temporary=${TMPDIR:-/tmp}/holdfast-$(id -u)
tried=
if [ -n "$cache" ]; then
  unpack "$cache/holdfast" || { cache= && tried="
  ${dir%/*}: $why"; }
fi
[ -n "$cache" ] || unpack_temporary "$temporary" || {
  echo "holdfast: found no place to unpack itself; nothing was done.$tried
  $temporary: $why
Set XDG_CACHE_HOME or TMPDIR to a directory with @MEGABYTES@ MB free, from which programs may run." >&2
  exit 1
}

true 2>/dev/null >"$dir/used" || : # when it was started last
java=$dir/runtime/bin/java lib=$dir/lib
. "$dir/start.sh"
