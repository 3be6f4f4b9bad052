#!/bin/sh
# Writes the completions of three shells from the options table.
# usage: completions.sh CCDK OUTDIR    (CCDK: the program, for --dump-options)
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
ccdk=$1 out=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$ccdk" --dump-options >"$tmp/table"
for shell in bash zsh fish; do
	awk -F '\t' -f "$here/completions_common.awk" \
		-f "$here/completions_$shell.awk" "$tmp/table" >"$tmp/$shell"
done
mkdir -p "$out"
cp "$tmp/bash" "$out/ccdk.bash"
cp "$tmp/zsh" "$out/_ccdk"
cp "$tmp/fish" "$out/ccdk.fish"
