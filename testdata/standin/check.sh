#!/bin/sh
# check.sh [OUT]: builds the stand-in and holds it to what README.md says of it, on this machine's loopback. Needs curl and openssl.
# Every wait is bounded; whatever it started it ends. OFFSET (default 21000) and OFFSET+1000 shift the ports it takes.
set -u

src=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
out=${1:-$work/out}
offset=${OFFSET:-21000}
gw_offset=$((offset + 1000))
aio=$work/wso2am-4.6.0
gw=$work/wso2am-universal-gw-4.6.0
failed=0
unset CARBON_HOME JVM_MEM_OPTS JAVA_OPTS
JAVA_HOME=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}
export JAVA_HOME

pid() { tr -d '\000\n' <"$1/wso2carbon.pid" 2>/dev/null; }
alive() { p=$(pid "$1") && [ -n "$p" ] && { tr "\000" "\n" <"/proc/$p/cmdline"; } 2>/dev/null | grep -qx -e "-Dcarbon.home=$1"; }
gone() { ! alive "$1"; }

cleanup() {
  for home in "$aio" "$gw"; do
    # A wrapper would start a killed server again only at 121; its own child, the diagnostics, goes with it.
    alive "$home" && kill -KILL "$(pid "$home")"
  done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

ok() {
  what=$1
  shift
  if "$@"; then
    echo "ok   $what"
  else
    echo "FAIL $what"
    failed=1
  fi
}
not() { ! "$@"; }
within() { # SECONDS COMMAND...
  tries=$(($1 * 5))
  shift
  while ! "$@"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.2
  done
}
code() { curl -sk -m 8 -o /dev/null -w '%{http_code}' "$@"; }
is() { want=$1; shift; [ "$(code "$@")" = "$want" ]; }
health() { echo "https://localhost:$((9443 + $1))/api/am/gateway/v2/server-startup-healthcheck"; }
version() { echo "http://localhost:$((9763 + $1))/services/Version"; }
says() { grep -q -e "$2" "$1/repository/logs/wso2carbon.log" 2>/dev/null; }
listens() { grep -qi ":$(printf '%04X' "$1") 00000000:0000 0A" /proc/net/tcp /proc/net/tcp6; }
fault() { home=$1; shift; printf '%s\n' "$@" >"$home/repository/conf/standin.properties"; }
toml() { cat >"$1/repository/conf/deployment.toml"; }
start() { rm -f "$1"/repository/logs/*.log; "$1"/bin/*"$2".sh start >"$work/start.out"; }
stop() { "$1"/bin/*"$2".sh stop; within 10 gone "$1"; }

unpack() {
  if command -v unzip >/dev/null; then
    unzip -q "$1" -d "$work"
  else
    (cd "$work" && jar xf "$1" && chmod +x wso2am*/bin/*.sh wso2am*/diagnostics-tool/bin/*.sh)
  fi
}

"$src/build.sh" "$out" || exit 1
sums=$(cat "$out"/*.zip | sha256sum)
"$src/build.sh" "$out" || exit 1
ok "a second build changes nothing" [ "$sums" = "$(cat "$out"/*.zip | sha256sum)" ]
unpack "$out/wso2am-4.6.0.zip"
unpack "$out/wso2am-universal-gw-4.6.0.zip"
ok "scripts are executable" [ -x "$aio/bin/api-manager.sh" ]
ok "scripts are executable" [ -x "$gw/bin/gateway.sh" ]
cp "$aio/repository/conf/deployment.toml" "$work/aio.toml"
cp "$gw/repository/conf/deployment.toml" "$work/gw.toml"

echo "-- what the configuration does not allow"
refused() { # WHAT SED-SCRIPT [LINES AT THE END]
  sed -e "$2" "$work/aio.toml" | toml "$aio"
  printf '%s\n' "${3:-}" >>"$aio/repository/conf/deployment.toml"
  rm -rf "$aio/repository/logs" "$aio/wso2carbon.pid"
  timeout 20 "$aio/bin/api-manager.sh" >"$work/console" 2>&1
  status=$?
  ok "$1: status 1" [ $status = 1 ]
  ok "$1: wso2carbon.log is silent" not test -e "$aio/repository/logs/wso2carbon.log"
  ok "$1: patches.log has it" grep -q 'SEVERE.*Error while performing configuration changes' "$aio/repository/logs/patches.log"
  ok "$1: the pid file is there" [ "$(wc -c <"$aio/wso2carbon.pid")" = 100 ]
}
refused "bad syntax" 's/^hostname = "localhost"/hostname = localhost/'
ok "the console has the line" grep -q 'line 2, column' "$work/console"
ok "patches.log has not" not grep -q 'line 2, column' "$aio/repository/logs/patches.log"
refused "a duplicate key" 's/^#offset = 0/hostname = "again"/'
refused "a duplicate table" '' '[server]'
refused "a table after its sub-table" '/^\[apim\]/,/^$/d' '[apim]'
refused "an array of two types" 's/"authorization",/1,/'
refused "an unresolved ref" 's/^password = "admin"/password = "$ref{no.such}"/'
refused "an unset variable" 's/^password = "admin"/password = "$env{STANDIN_NOT_SET}"/'
refused "an unknown secret" 's/^password = "admin"/password = "$secret{admin}"/'
refused "a plain secret" 's/^password = "admin"/password = "$secret{admin}"/' '[secrets]
admin = "[plain]"'
refused "a database without an address" 's/^type = "h2"/type = "mysql"/; s/^url = .*AM_DB.*//'
refused "a missing keystore" 's/"wso2carbon.jks"/"other.jks"/'
refused "a wrong alias" 's/^alias = .*/alias = "other"/'
refused "a wrong keystore password" 's/^password =  .*/password = "other"/'
refused "a wrong key password" 's/^key_password = .*/key_password = "other"/'

echo "-- the start script"
sh -c 'unset JAVA_HOME; exec "$0" start' "$aio/bin/api-manager.sh" >/dev/null
ok "no JAVA_HOME: status 1" [ $? = 1 ]
toml "$aio" <"$work/aio.toml"
printf '%s\n' $$ >"$aio/wso2carbon.pid"
ok "a reused pid: start does nothing and says 0" start "$aio" manager
ok "a reused pid: it says so" grep -q 'already running' "$work/start.out"
rm "$aio/wso2carbon.pid"
ok "stop without a pid file: 0" "$aio/bin/api-manager.sh" stop
ok "version" sh -c '"$0" --version | grep -q "WSO2 API Manager 4.6.0"' "$aio/bin/api-manager.sh"

echo "-- a gateway before any all-in-one"
sed -e "s/^\[server\]/[server]\noffset = $gw_offset/" "$work/gw.toml" >"$work/gw2.toml"
cat >>"$work/gw2.toml" <<TOML
[apim.key_manager]
service_url = "https://localhost:$((9443 + offset))/services/"
[apim.event_hub]
enable = true
service_url = "https://localhost:$((9443 + offset))/services/"
event_listening_endpoints = ["tcp://localhost:$((5672 + offset))"]
[apim.throttling]
throttle_decision_endpoints = ["tcp://localhost:$((5672 + offset))"]
[[apim.throttling.url_group]]
traffic_manager_urls = ["tcp://localhost:$((9611 + offset))"]
traffic_manager_auth_urls = ["ssl://localhost:$((9711 + offset))"]
TOML
toml "$gw" <"$work/gw2.toml"
fault "$gw" start.seconds=0.5
ok "start: 0" start "$gw" gateway
ok "it names what it lacks" within 15 says "$gw" "ERROR {.*} - Waiting for apim.event_hub.event_listening_endpoints tcp://localhost:$((5672 + offset))"

echo "-- an all-in-one"
sed -e "s/^#offset = 0/offset = 7/" "$work/aio.toml" | toml "$aio"
fault "$aio" start.seconds=0.5 never.healthy=true
rm -rf "$aio/repository/logs"
"$aio/bin/api-manager.sh" start "-DportOffset=$offset"
ok "its Version answers, ready or not" within 20 is 200 "$(version "$offset")"
ok "it says that it has started, ready or not" within 10 says "$aio" 'INFO {.*} - WSO2 Carbon started in [0-9]* sec'
ok "its health check answers 500 until it is ready" within 5 is 500 "$(health "$offset")"
stop "$aio" manager
fault "$aio" start.seconds=0.5 apis=Pizza,Weather
"$aio/bin/api-manager.sh" start "-DportOffset=$offset"
ok "it gets ready" within 20 is 200 "$(health "$offset")"
ok "with wrong credentials even the health check is refused" is 401 -u admin:no "$(health "$offset")"
ok "the pid file names it" alive "$aio"
"$aio/bin/api-manager.sh" start >"$work/start.out"
ok "a second start changes nothing" grep -q 'already running' "$work/start.out"
for port in 9443 9763 8243 8280 5672 9611 9711; do
  ok "port $port + offset" listens $((port + offset))
done
ok "port 8672 + offset is closed" not listens $((8672 + offset))
data="https://localhost:$((9443 + offset))/internal/data/v1/runtime-artifacts?type=Synapse&gatewayLabel=RGVmYXVsdA"
ok "internal data for the admin" [ "$(curl -sk -u admin:admin "$data")" = '["Pizza","Weather"]' ]
ok "internal data for nobody else" is 401 "$data"
list="https://localhost:$((9443 + offset))/internal/data/v1/apis?expand=false&gatewayLabel"
ok "it lists the APIs of a label" sh -c 'curl -sk -u admin:admin "$0=Default" | grep -q "\"count\":2,.*\"name\":\"Weather\",\"version\":\"1.0.0\""' "$list"
ok "and none of one that nobody knows" sh -c 'curl -sk -u admin:admin "$0=Other" | grep -q "\"count\":0,\"list\":\[\]"' "$list"
ok "a portal" is 200 "https://localhost:$((9443 + offset))/publisher"

echo "-- the gateway, with an all-in-one there"
sleep 3
ok "the stranded gateway stays unready" is 500 "$(health "$gw_offset")"
HOSTNAME=node-7 "$gw/bin/gateway.sh" restart
ok "after a restart it gets ready" within 20 is 200 "$(health "$gw_offset")"
artifact="https://localhost:$((9443 + gw_offset))/api/am/gateway/v2/api-artifact?version=1.0.0&apiName"
ok "it has the APIs" is 200 -u admin:admin "$artifact=Weather"
ok "and no others" is 404 -u admin:admin "$artifact=Other"
ok "which it tells the admin alone" is 401 "$artifact=Weather"
for port in 9443 9763 8243 8280 8099 9099; do
  ok "port $port + offset" listens $((port + gw_offset))
done
ok "ping says who" [ "$(curl -sk "https://localhost:$((8243 + gw_offset))/ping")" = node-7 ]
ok "ping without TLS" [ "$(curl -s "http://localhost:$((8280 + gw_offset))/ping")" = node-7 ]
echo "     memory: $(grep VmRSS "/proc/$(pid "$aio")/status") (all-in-one), $(grep VmRSS "/proc/$(pid "$gw")/status") (gateway)"
fault "$gw" start.seconds=0.5 slow.stop=1
curl -sk -m 10 "https://localhost:$((8243 + gw_offset))/ping?delay=2000" >"$work/ping" &
slow=$!
sleep 0.7
"$gw/bin/gateway.sh" stop
sleep 0.5
ok "a stopping gateway takes no more" not curl -sk -m 2 "https://localhost:$((8243 + gw_offset))/ping"
wait $slow
ok "and finishes what it had" [ "$(cat "$work/ping")" = node-7 ]
ok "then it ends" within 10 gone "$gw"
ok "the pid file stays" test -s "$gw/wso2carbon.pid"

echo "-- what a gateway does not accept"
lacks() { # WHAT SED-SCRIPT LOG-LINE [SCRIPT ARGUMENT]
  sed -e "$2" "$work/gw2.toml" | toml "$gw"
  rm -f "$gw/repository/logs/wso2carbon.log"
  "$gw/bin/gateway.sh" start ${4:-}
  ok "$1: named" within 15 says "$gw" "$3"
  ok "$1: unready" within 5 is 500 "$(health "$gw_offset")"
  stop "$gw" gateway
}
fault "$gw" start.seconds=0.2
lacks "a wrong password" 's/^password = "admin"/password = "wrong"/' 'HTTP 401'
lacks "the guide's ssl:/" 's#ssl://#ssl:/#' 'no ssl://HOST:PORT'
lacks "a host name that the certificate lacks" 's#https://localhost#https://127.0.0.1#' 'HTTPS hostname wrong' -Dhttpclient.hostnameVerifier=Strict
lacks "a bare ampersand" 's/^password = "admin"/password = "adm\&in"/' 'Error while reading generated configuration repository.conf.*entity'
lacks "a port in use" "s/^offset = .*/offset = $gw_offset\n[transport.passthru_http.listener.parameters]\nport = 8243/" 'transport'
sed -e 's#https://localhost#https://127.0.0.1#' "$work/gw2.toml" | toml "$gw"
start "$gw" gateway
ok "without the check of names that certificate does" within 15 is 200 "$(health "$gw_offset")"
stop "$gw" gateway
cp "$gw/repository/resources/security/client-truststore.jks" "$work/truststore"
for alias in wso2carbon gateway_certificate_alias; do
  keytool -delete -alias $alias -keystore "$gw/repository/resources/security/client-truststore.jks" -storepass wso2carbon 2>/dev/null
done
lacks "a certificate that it does not trust" '' 'PKIX path building failed'
cp "$work/truststore" "$gw/repository/resources/security/client-truststore.jks"

echo "-- the event hub over TLS, secrets, a PKCS12 store"
security=repository/resources/security
stop "$aio" manager
keytool -importkeystore -srckeystore "$aio/$security/wso2carbon.jks" -srcstorepass wso2carbon -srcalias wso2carbon \
  -destkeystore "$work/p12" -deststoretype PKCS12 -deststorepass wso2carbon >/dev/null 2>&1
mv "$work/p12" "$aio/$security/wso2carbon.jks"
secret=$(keytool -exportcert -rfc -alias wso2carbon -keystore "$aio/$security/wso2carbon.jks" -storepass wso2carbon 2>/dev/null >"$work/cert.pem" &&
  printf admin | openssl pkeyutl -encrypt -certin -inkey "$work/cert.pem" -pkeyopt rsa_padding_mode:oaep | base64 -w 0)
printf '%s\n' secVault.enabled=true "keystore.identity.location=$aio/$security/wso2carbon.jks" keystore.identity.type=PKCS12 \
  keystore.identity.alias=wso2carbon secretRepositories.file.location=repository/conf/security/cipher-text.properties \
  secretRepositories.file.algorithm=RSA/ECB/OAEPwithSHA1andMGF1Padding >"$aio/repository/conf/security/secret-conf.properties"
hub() { # PROTOCOLS
  sed -e 's/^password = "admin"/password = "$secret{admin}"/' "$work/aio.toml" | toml "$aio"
  printf '%s\n' '[broker.transport.amqp.ssl_connection]' 'enabled = true' "$1" '[secrets]' "admin = \"$secret\"" >>"$aio/repository/conf/deployment.toml"
  fault "$aio" start.seconds=0.2 apis=Pizza,Weather
  echo wso2carbon >"$aio/password-tmp"
  "$aio/bin/api-manager.sh" start "-DportOffset=$offset"
  ok "with a PKCS12 store and a secret it gets ready" within 20 is 200 "$(health "$offset")"
}
hub ''
ok "password-tmp is gone" not test -e "$aio/password-tmp"
ok "no generated file holds it" not grep -q '<Password>admin<' "$aio/repository/conf/user-mgt.xml"
ok "the secret is the admin's password" is 200 -u admin:admin "$data"
ok "port 8672 + offset" listens $((8672 + offset))
tls="true'&amp;ssl_cert_alias='wso2carbon'&amp;trust_store='$security/client-truststore.jks'&amp;trust_store_password='wso2carbon'&amp;key_store='$security/wso2carbon.jks'&amp;key_store_password='wso2carbon"
sed -e "s/tcp:\(.*\):$((5672 + offset))/tcp:\1:$((8672 + offset))/" "$work/gw2.toml" |
  awk -v jms="jms.ssl = \"$tls\"" '{ print } /^\[apim.(event_hub|throttling)\]/ { print jms }' >"$work/gw3.toml"
mv "$work/gw2.toml" "$work/gw1.toml"
mv "$work/gw3.toml" "$work/gw2.toml"
lacks "the broker's default TLSv1" '' 'event_listening_endpoints.*SSL'
stop "$aio" manager
hub 'ssl_enabled_protocols = "TLSv1.2"'
lacks "an alias that the truststore lacks" "s/ssl_cert_alias='wso2carbon'/ssl_cert_alias='other'/" 'ssl_cert_alias other is not in the truststore'
toml "$gw" <"$work/gw2.toml"
start "$gw" gateway
ok "over TLSv1.2 the gateway gets ready" within 15 is 200 "$(health "$gw_offset")"
stop "$gw" gateway
mv "$work/gw1.toml" "$work/gw2.toml"

echo "-- faults"
toml "$gw" <"$work/gw2.toml"
fault "$gw" start.seconds=1 false.200=true never.healthy=true hang.on.stop=true
start "$gw" gateway
ok "a false 200" within 15 is 200 "$(health "$gw_offset")"
ok "with nothing deployed" is 404 -u admin:admin "$artifact=Weather"
"$gw/bin/gateway.sh" stop
ok "a hanging stop" not within 3 gone "$gw"
kill -KILL "$(pid "$gw")"
fault "$gw" start.seconds=0.2 undeployed=Pizza
start "$gw" gateway
ok "an API that fails keeps nobody from a 200" within 15 is 200 "$(health "$gw_offset")"
ok "the others are there" is 200 -u admin:admin "$artifact=Weather"
ok "it is not" is 404 -u admin:admin "$artifact=Pizza"
ok "and the log says so" says "$gw" 'ERROR .*Error in deploying Pizza to the Gateway'
stop "$gw" gateway
fault "$gw" start.seconds=0.2 crash.after=2 crash.status=121
start "$gw" gateway
within 10 alive "$gw"
first=$(pid "$gw")
ok "status 121 starts it again" within 15 sh -c '[ "$(tr -d "\000" <"$0/wso2carbon.pid")" != "$1" ]' "$gw" "$first"
fault "$gw" crash.after=1 start.seconds=0.2
ok "a crash ends it" within 15 gone "$gw"
sed -e 's/^type = "h2"/type = "mariadb"/; s#^url = .*AM_DB.*#hostname = "127.0.0.1"\nport = "1"\nname = "apim_db"#; s#^url = .*SHARED_DB.*#hostname = "127.0.0.1"\nport = "1"\nname = "shared_db"#' "$work/aio.toml" | toml "$aio"
stop "$aio" manager
fault "$aio" start.seconds=0.2 db.tries=2
rm -f "$aio/repository/logs/wso2carbon.log"
"$aio/bin/api-manager.sh" "-DportOffset=$offset" >/dev/null 2>&1
ok "no driver: it gives up after db.tries" [ $? = 1 ]
ok "no driver: the log has it with a stack" sh -c 'grep -A 3 "ERROR.*Cannot load JDBC driver class .org.mariadb.jdbc.Driver" "$0" | grep -q "^	at "' "$aio/repository/logs/wso2carbon.log"

[ $failed = 0 ] && echo "the stand-in behaves"
exit $failed
