package remote

import "strconv"

// wake is what sshd is asked to run: it skips what is not for it, then becomes what is sent after the token, whose length stands behind it.
// One line without ! or \, so that the login shell may also be a csh or a fish.
func wake(token string) string {
	return `echo ` + token + `; while read -r n; do case $n in ` + token + `*) eval "$(dd bs=${n#` + token +
		`} count=1 iflag=fullblock 2>/dev/null)"; exit;; esac; done`
}

// serve is what the long-lived shell runs, with the marker $m that only this connection knows. It reads bytes exactly: read takes one at
// a time, dd as many as it is told. What it runs goes to the background, so that it hears a k while it waits; the last
// line of a script proves that all of it came.
//
//	x SCRIPT DATA   runs a script of so many bytes with so many bytes of standard input
//	f SCRIPT        runs a script with all that is still to come, and ends
//	k SIGNAL PID    signals a command's process group
//
// A says of many paths what S says of each, by one stat and one sha256sum: starting a command costs more than what it does.
//
// L frames what a command says: its output as it comes, then the marker with its status, what it said on standard error, the marker.
const serve = `
umask 022; cd /; unset TMOUT
PATH=${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
L() {
	e=$( { "$@" 3>&-; } 2>&1 >&3 ); r=$?
	printf '\n%s %s\n' "$m" "$r"
	if [ ${#e} -gt 4096 ]; then printf '%s' "$e" | tail -c 4096; else printf '%s' "$e"; fi
	printf '\n%s\n' "$m"
} 3>&1
G() {
	p=$1
	while [ -n "$p" ]; do
		p=${p%/*}
		if [ -d "${p:-/}" ]; then [ -x "${p:-/}" ]; return; fi
	done
}
H() {
	if [ -e "$1" ] || [ -L "$1" ]; then stat -c '%f %s %U:%G %u:%g' -- "$1"; return; fi
	if G "$1"; then echo -; return; fi
	echo 'permission denied' >&2; return 1
}
F() {
	if [ -L "$1" ]; then H "$1" && readlink -n -- "$1"
	elif [ -f "$1" ]; then H "$1" && head -c 16777217 -- "$1"
	else H "$1"; fi
}
S() {
	if [ -L "$1" ]; then H "$1" && readlink -n -- "$1"
	elif [ -f "$1" ]; then H "$1" && sha256sum <"$1"
	else H "$1"; fi
}
A() {
	n=$#
	for f in "$@"; do
		if [ -L "$f" ]; then k=l; elif [ -f "$f" ]; then k=f; elif [ -e "$f" ]; then k=o; elif G "$f"; then k=-; else return 1; fi
		printf %s "$k"
		[ "$k" = - ] || set -- "$@" "$f"
	done
	echo; shift "$n"
	[ $# -gt 0 ] || return 0
	stat -c '%f %s %U:%G %u:%g' -- "$@" || return
	n=$#
	for f in "$@"; do if [ -f "$f" ] && [ ! -L "$f" ]; then set -- "$@" "$f"; fi; done
	[ $# -eq "$n" ] || ( shift "$n"; sha256sum -- "$@" ) || return
	for f in "$@"; do
		[ "$n" -gt 0 ] || break
		n=$((n - 1))
		if [ -L "$f" ]; then readlink -n -- "$f" && printf '\n%s\n' "$m" || return; fi
	done
}
own() { if [ -e "$1" ] || [ -L "$1" ]; then stat -c %u:%g -- "$1"; fi; }
tidy() { rm -f -- "$d/.$b.apimctl-"??????; }
free() { if [ -d "$1" ] && [ ! -L "$1" ]; then echo 'is a directory' >&2; return 1; fi; }
P() {
	d=${1%/*} b=${1##*/} o=$3; umask 077
	free "$1" && tidy && { [ -n "$o" ] || o=$(own "$1") ; } && t=$(mktemp "$d/.$b.apimctl-XXXXXX") || return
	cat >"$t" && whole "$t" "$4" && { [ -z "$o" ] || chown -- "$o" "$t"; } && chmod "$2" "$t" && flush "$t" && swap "$t" "$1" "$2" && return
	r=$?; rm -f -- "$t"; return $r
}
whole() { [ "$(wc -c <"$1")" -eq "$2" ] || { echo 'it did not come whole' >&2; return 1; }; }
flush() { sync -- "$1" 2>/dev/null; :; }
swap() {
	w=$(mv -fT -- "$1" "$2" 2>&1) && return
	[ -f "$2" ] && grep -qF " $(readlink -f -- "$2") " /proc/self/mountinfo || { printf '%s\n' "$w" >&2; return 1; }
	k=$(mktemp "$d/.$b.apimctl-XXXXXX") && cat -- "$2" >"$k" || return
	cat -- "$1" >"$2" && { [ -z "$o" ] || chown -- "$o" "$2"; } && chmod "$3" "$2" || { cat -- "$k" >"$2"; rm -f -- "$k"; return 1; }
	flush "$2"; rm -f -- "$k" "$1"
}
D() {
	umask 077
	if [ -L "$1" ] || { [ -e "$1" ] && [ ! -d "$1" ]; }; then rm -f -- "$1" || return; fi
	[ -d "$1" ] || mkdir -- "$1" || return
	[ -z "$3" ] || chown -- "$3" "$1" || return
	chmod "$2" "$1"
}
K() {
	d=${1%/*} b=${1##*/}
	free "$1" && tidy || return
	t="$d/.$b.apimctl-linked"
	ln -s -- "$3" "$t" && { [ -z "$2" ] || chown -h -- "$2" "$t"; } && mv -fT -- "$t" "$1" && return
	r=$?; rm -f -- "$t"; return $r
}
R() {
	u=$1; shift
	command -v "$1" >/dev/null 2>&1 || { printf '%s: not found\n' "$1" >&2; return 127; }
	[ "$u" != "$(id -un)" ] || u=
	exec 5<&0
	f=$(mktemp "${TMPDIR:-/tmp}/apimctl-XXXXXX") && exec 6<"$f" 7>"$f" && rm -f -- "$f" || return
	( as "$u" "$@" ) <&5 >&7 2>&7 5<&- 6<&- 7>&- &
	p=$!; printf '%s pid %s\n' "$m" "$p"
	wait "$p"; r=$?
	[ "$r" -eq 0 ] || tail -c 4096 <&6 >&2
	return "$r"
}
as() {
	u=$1 s=; shift
	command -v setsid >/dev/null 2>&1 && s=setsid
	[ -n "$u" ] || exec $s "$@"
	eval "HOME=~$u"; USER=$u LOGNAME=$u; export HOME USER LOGNAME
	if [ "$(id -u)" -ne 0 ]; then exec $s sudo -n "--preserve-env=${names:-HOME}" -u "$u" -- "$@"; fi
	if command -v runuser >/dev/null 2>&1; then exec $s runuser -u "$u" -- "$@"; fi
	if command -v setpriv >/dev/null 2>&1; then exec $s setpriv --reuid "$u" --regid "$(id -g "$u")" --init-groups -- "$@"; fi
	exec $s su -s /bin/sh "$u" -c 'exec "$@"' sh "$@"
}
E() {
	case $s in *"
#$m") eval "$s" ;; esac
	printf '\n%s end\n' "$m"
}
while read -r op n c; do
	[ "$op" = k ] || s=$(dd bs="$n" count=1 iflag=fullblock 2>/dev/null)
	case $op in
	k) kill -s "$n" -- "-$c" 2>/dev/null || kill -s "$n" "$c" 2>/dev/null ;;
	f) E; exit ;;
	x) if [ "$c" -eq 0 ]; then ( E ) </dev/null &
		else dd bs="$c" count=1 iflag=fullblock 2>/dev/null | { exec 8<&0; ( exec 8<&-; E ) <&8 & }
		fi ;;
	esac
done
`

// header begins an exchange.
func header(op string, script string, data []byte) string {
	return op + " " + strconv.Itoa(len(script)) + " " + strconv.Itoa(len(data)) + "\n"
}
