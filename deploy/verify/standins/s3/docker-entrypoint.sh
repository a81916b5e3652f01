#!/bin/sh
exec versitygw "$@"
