#!/bin/sh
# The process beside the server that the start script leaves to an EXIT trap: kill the script and it stays.
exec sleep 2147483647
