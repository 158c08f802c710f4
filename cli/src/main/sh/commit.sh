#!/bin/sh
# Usage: commit.sh ROOT FILE -- writes into FILE which commit ROOT is at, with "-dirty" where files differ from it.
# Empty where ROOT is no clone (a source archive) or git is missing: then "holdfast version" names no commit.
set -eu
commit=
[ ! -e "$1/.git" ] || commit=$(git -C "$1" describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null) || commit=
mkdir -p "$(dirname "$2")"
echo "$commit" >"$2"
