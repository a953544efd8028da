package tasks

// nginxScript has nginx at the folder $1 run with the files $7 and on, by where they belong below that folder. Those that changed wait
// in $2 under their last names, and are gone from there at the end; $3 is the stamp and $4 what it says then: digest and place of each.
// The private key, which ends in .key, comes on stdin, unless the one that is there stays.
//
// They are tested in a copy of the folder, with everything else that this nginx serves, before one is replaced. For $6 seconds clients
// are moved to new connections by the file $5, since a reload ends kept-open ones without a word. A reload has succeeded when
// there is a worker that was not there before; else the old files come back, and the old workers never stopped.
const nginxScript = `set -eu
umask 077
etc=$1 new=$2 stamp=$3 says=$4 moving=$5 seconds=$6
shift 6
pidfile=$(sed -n 's/^[[:space:]]*pid[[:space:]][[:space:]]*\([^;[:space:]]*\).*/\1/p' "$etc/nginx.conf" | tail -n 1)
pidfile=${pidfile:-/run/nginx.pid}

master() {
	pid=$(cat "$pidfile" 2>/dev/null) && [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = nginx ]
}
workers() {
	cat "/proc/$pid/task/$pid/children" 2>/dev/null && return
	for s in /proc/[0-9]*/stat; do # a kernel that does not say
		{ read -r child comm state parent rest <"$s"; } 2>/dev/null || continue
		[ "$parent" != "$pid" ] || echo "$child"
	done
}

put() {
	cp -p "$new/${1##*/}" "$etc/$1.apimctl"
	mv -f "$etc/$1.apimctl" "$etc/$1"
}

fits() {
	[ -f "$1" ] || return 1
	case $says in *"$(sha256sum <"$1" | cut -d' ' -f1) $2"*) ;; *) return 1 ;; esac
}

copy=$(mktemp -d "$new.XXXXXX")
finish() {
	rm -rf "$copy" "$moving"
	for at in "$@"; do rm -f "$new/${at##*/}"; done
}
trap 'finish "$@"' EXIT
trap 'exit 1' HUP INT TERM

same=1
for at in "$@"; do
	staged=$new/${at##*/} f=$etc/$at
	case $at in
	*.key) # nginx -t holds it to its certificate
		cat >"$staged"
		if [ -s "$staged" ]; then cmp -s "$staged" "$f" || same=; else rm -f "$staged"; fi
		continue
		;;
	esac
	if [ -e "$staged" ]; then
		if fits "$staged" "$at"; then f=$staged; else rm -f "$staged"; fi # of a run that died
	fi
	fits "$f" "$at" || { echo "$f is not what the plan was made for; plan again" >&2; exit 1; }
	cmp -s "$f" "$etc/$at" || same=
done
# What $() gives has no line break at its end.
if [ -n "$same" ] && [ "$(cat "$stamp" 2>/dev/null)" = "${says%?}" ] && master; then
	for at in "$@"; do
		[ ! -e "$new/${at##*/}" ] || put "$at" # its mode may differ
	done
	exit 0
fi

cp -a "$etc" "$copy/test"
mkdir -p "$copy/test/apimctl" "$copy/test/conf.d" "$copy/old"
for at in "$@"; do
	[ ! -e "$new/${at##*/}" ] || cp -p "$new/${at##*/}" "$copy/test/$at"
done
grep -rlIF "$etc/" "$copy/test" | while read -r f; do sed -i "s#$etc/#$copy/test/#g" "$f"; done
nginx -t -q -c "$copy/test/nginx.conf" >"$copy/said" 2>&1 || {
	echo "nginx does not take the new configuration; the old one stays:" >&2
	sed "s#$copy/test/#$etc/#g" "$copy/said" >&2
	exit 1
}

[ -d "$etc/apimctl" ] || mkdir -m 0700 "$etc/apimctl"
mkdir -p "$etc/conf.d"
moved=
for at in "$@"; do
	if grep -qsF "$moving" "$etc/$at"; then moved=1; fi
done
if master && [ -n "$moved" ]; then
	: >"$moving"
	sleep "$seconds"
fi
rm -f "$stamp"
for at in "$@"; do
	[ -e "$new/${at##*/}" ] || continue
	[ ! -e "$etc/$at" ] || cp -p "$etc/$at" "$copy/old/${at##*/}"
	put "$at"
done
back() {
	for at in "$@"; do
		[ -e "$new/${at##*/}" ] || continue
		if [ -e "$copy/old/${at##*/}" ]; then mv -f "$copy/old/${at##*/}" "$etc/$at"; else rm -f "$etc/$at"; fi
	done
}

if master; then
	had=" $(workers | tr '\n' ' ')"
	kill -HUP "$pid"
	left=50 fresh=
	while [ -z "$fresh" ]; do
		[ "$left" -gt 0 ] || {
			back "$@"
			echo "nginx did not load the new configuration within 10 seconds of a reload; the old one is back, and nginx's error log says why" >&2
			exit 1
		}
		left=$((left - 1))
		sleep 0.2
		for w in $(workers); do
			case $had in *" $w "*) ;; *) fresh=1 ;; esac
		done
	done
	# The old workers take the last requests of connections that they accepted before they knew.
	[ ! -e "$moving" ] || sleep 1
else
	if [ -d /run/systemd/system ]; then
		systemctl reset-failed nginx 2>/dev/null || :
		systemctl start nginx || { back "$@"; exit 1; }
	else
		nginx -c "$etc/nginx.conf" || { back "$@"; exit 1; }
	fi
fi
printf '%s' "$says" >"$stamp.new"
mv -f "$stamp.new" "$stamp"
`
