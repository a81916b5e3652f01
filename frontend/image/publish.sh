#!/bin/sh
# publish FROM TO: puts a build of the web client into the folder that nginx serves, while it serves it.
# The files with a hash in their names first and the page last, so that no page names a file that is not there yet; those of
# earlier builds stay for a month for whoever has an old page open.
set -eu
from=$1
to=$2

mkdir -p "$to/assets"
cp -R "$from/assets/." "$to/assets/"
for file in "$from"/*; do
  name=${file##*/}
  case $name in
    assets | index.html | index.html.gz | index.html.br) ;;
    *)
      if [ -d "$file" ]; then
        mkdir -p "$to/$name"
        cp -R "$file/." "$to/$name/"
      else
        cp "$file" "$to/.$name.new"
        mv -f "$to/.$name.new" "$to/$name"
      fi
      ;;
  esac
done
for name in index.html.br index.html.gz index.html; do
  [ -f "$from/$name" ] || continue
  cp "$from/$name" "$to/.$name.new"
  mv -f "$to/.$name.new" "$to/$name"
done

# `cp` gave the files of this build today's time.
find "$to/assets" -type f -mtime +30 -delete
echo "published $(find "$from" -type f | wc -l) files"
