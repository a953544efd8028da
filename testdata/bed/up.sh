#!/bin/bash
# up.sh brings a bed up and makes it ready: images, containers, keys, databases with the product's tables. It is the few
# machines of docker-compose.test.yml, each with its own quirks; up.sh many makes it those of many.yml. Doing it twice is
# doing it once. What people and tests need is then in .cache/bed$BED: env, id_ed25519, known_hosts, ssh_config,
# inventory.yaml. Secrets are of this bed alone and made here; set BED_SUDO_PASSWORD and so on to choose them.
. "$(dirname "$0")/lib.sh"

declare -A address=(
	[bastion]=$BED_NET.10 [aio-1]=$BED_NET.11 [aio-2]=$BED_NET.12 [gw-1]=$BED_NET.21
	[gw-2]=$BED_NET.22 [lb-1]=$BED_NET.31 [db]=$BED_NET.40
)
hosts=(bastion aio-1 aio-2 gw-1 gw-2 lb-1 db) # those with an sshd
jumps=gw-1                                    # who is behind the bastion
inventory=filled                              # what prints it

# many are all alike, and many.yml has no bastion.
many() {
	local n
	containers=testdata/bed/many.yml inventory=filled_with_many
	address=([aio-1]=$BED_NET.11 [aio-2]=$BED_NET.12)
	hosts=(aio-1 aio-2)
	jumps=
	for n in {1..20}; do
		hosts+=("gw-$n")
		address[gw-$n]=$BED_NET.$((100 + n))
	done
}

secrets=(BED_SUDO_PASSWORD BED_ADMIN_PASSWORD BED_APIM_DB_PASSWORD BED_SHARED_DB_PASSWORD)

settle_secrets() {
	local name
	# shellcheck disable=SC1091
	[ ! -f "$BED_DIR/env" ] || . "$BED_DIR/env"
	for name in "${secrets[@]}"; do
		[ -n "${!name:-}" ] || printf -v "$name" %s "$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')"
	done
	[ -f "$BED_DIR/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C "apimctl-bed$BED" -f "$BED_DIR/id_ed25519"
	BED_KEY=$(cat "$BED_DIR/id_ed25519.pub")
	export BED_KEY BED_SUDO_PASSWORD
}

write_env() {
	local name
	{
		echo "BED=$BED"
		echo "BED_NET=$BED_NET"
		echo "BED_PROJECT=$project"
		for name in "${hosts[@]}"; do
			echo "BED_${name//-/_}=${address[$name]}" | tr a-z A-Z
		done
		for name in "${secrets[@]}"; do
			echo "$name=${!name}"
		done
	} >"$BED_DIR/env"
}

write_ssh_config() {
	local name
	for name in "${hosts[@]}"; do
		printf 'Host %s\n\tHostName %s\n' "$name" "${address[$name]}"
		[ "$name" != "$jumps" ] || printf '\tProxyJump bastion\n'
	done
	printf 'Host *\n\tUser deploy\n\tIdentityFile %s\n\tIdentitiesOnly yes\n' "$BED_DIR/id_ed25519"
	printf '\tUserKnownHostsFile %s\n\tStrictHostKeyChecking yes\n\tConnectTimeout 20\n' "$BED_DIR/known_hosts"
}

# within SECONDS WHAT COMMAND...: runs it until it succeeds, or dies with what it said last.
within() {
	local end=$((SECONDS + $1)) what=$2 said
	shift 2
	until said=$("$@" 2>&1); do
		[ $SECONDS -lt $end ] || die "$what: still not so: $(tail -n 3 <<<"$said")"
		sleep 0.3
	done
	say "$what"
}

# The keys come from inside the containers, by the engine: nothing on the network is trusted.
host_keys() { # NAME
	local keys
	keys=$(docker exec "$project-$1" sh -c 'pgrep -x sshd >/dev/null && cat /etc/ssh/ssh_host_*_key.pub') || {
		echo "sshd does not run"
		! docker exec "$project-$1" journalctl -q --no-pager 2>/dev/null | grep -q 'inotify.*Too many open files' ||
			echo "this machine has no inotify instances left: take other beds down, or sudo sysctl fs.inotify.max_user_instances=1024"
		return 1
	}
	sed "s/^/${address[$1]} /" <<<"$keys" >"$BED_DIR/known_hosts.$1"
}

wait_for_hosts() {
	local name
	for name in "${hosts[@]}"; do
		within 400 "$name runs sshd" host_keys "$name"
	done
	(cd "$BED_DIR" && cat known_hosts.* >known_hosts && rm known_hosts.*)
	for name in "${hosts[@]}"; do
		within 300 "$name answers by ssh" ssh -F "$BED_DIR/ssh_config" -o BatchMode=yes "$name" true
	done
}

mariadb() { docker exec -i "$project-db" mariadb --batch --skip-column-names "$@"; }

# load DATABASE SCRIPT: runs a script of the product's zip, once: they cannot be run twice.
load() {
	local zip=.cache/dist/wso2am-4.6.0.zip tables
	tables=$(mariadb <<<"SELECT count(*) FROM information_schema.tables WHERE table_schema = '$1'")
	if [ "$tables" != 0 ]; then
		say "$1 has its $tables tables"
	elif [ ! -f "$zip" ]; then
		say "$1 stays empty: $zip is not there (make dist)"
	else
		go run testdata/bed/zipcat.go "$zip" "wso2am-4.6.0/dbscripts/$2" | mariadb "$1"
		say "$1 has the tables of $2"
	fi
}

copy_drivers() {
	local jar
	for jar in mariadb-java-client postgresql; do
		docker cp -L "$project-db:/opt/jdbc/usr/share/java/$jar.jar" "$BED_DIR/" >/dev/null
	done
}

make_mariadb() {
	within 400 "mariadb answers" mariadb <<<'SELECT 1'
	mariadb <<-SQL
		CREATE DATABASE IF NOT EXISTS apim_db CHARACTER SET latin1;
		CREATE DATABASE IF NOT EXISTS shared_db CHARACTER SET latin1;
		CREATE OR REPLACE USER apimadmin@'%' IDENTIFIED BY '$BED_APIM_DB_PASSWORD';
		CREATE OR REPLACE USER sharedadmin@'%' IDENTIFIED BY '$BED_SHARED_DB_PASSWORD';
		GRANT ALL ON apim_db.* TO apimadmin@'%';
		GRANT ALL ON shared_db.* TO sharedadmin@'%';
	SQL
	load apim_db apimgt/mysql.sql
	load shared_db mysql.sql
}

filled() {
	sed -e "s|@NET@|$BED_NET|g" -e "s|@DIR@|$BED_DIR|g" testdata/bed/inventory.yaml.tmpl
}

# filled_with_many has the same settings, and hosts that are all alike.
filled_with_many() {
	local group name
	filled | sed '/^groups:/q'
	for group in all-in-one:aio gateway:gw; do
		printf '  %s:\n    hosts:\n' "${group%:*}"
		for name in "${hosts[@]}"; do
			[ "${name%-*}" != "${group#*:}" ] || printf '      %s: {address: %s}\n' "$name" "${address[$name]}"
		done
	done
}

case ${1:-} in
	'') ;;
	many) many ;;
	*) die "there is no bed called $1: up.sh, or up.sh many" ;;
esac

need_engine
need ssh openssh-client
mkdir -p "$BED_DIR"
exec 9>"$BED_DIR.lock"
flock 9
testdata/bed/images.sh
umask 077
settle_secrets
write_env
write_ssh_config >"$BED_DIR/ssh_config"
compose up -d 2>&1 | tail -n 20 >&2 || die "the containers do not start"
wait_for_hosts
make_mariadb
copy_drivers
"$inventory" >"$BED_DIR/inventory.yaml"
say "is up after $SECONDS s: ssh -F .cache/bed$BED/ssh_config aio-1"
