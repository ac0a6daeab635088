#!/bin/sh
# Starts the shop, as root. The supervisor replaces this shell (exec), so signals to this process reach it.
set -e
cd /srv/shop
promhive=node_modules/.bin/promhive

# An empty directory that belongs to the user of the workers, whatever an earlier start left.
# It refuses a directory with other files, and one in which processes still count.
mkdir -p /run/shop
$promhive wipe /run/shop/metrics --owner www-data:www-data --mode 0700

exec $promhive run app.mjs
