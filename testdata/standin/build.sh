#!/bin/sh
# build.sh OUT: the stand-in's two distributions, OUT/wso2am-VERSION.zip and OUT/wso2am-universal-gw-VERSION.zip.
# VERSION is 4.6.0 unless the environment says 4.5.0 or 4.7.0. Needs Go and a JDK 17 or its headless JRE.
# Does nothing where nothing changed; the keystores are made once and kept in OUT, so that the zips' digests stay.
set -eu

src=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
version=${VERSION:-4.6.0}
release="--release 11"
case $version in
  4.5.0) store=PKCS12 java_min=11 java_max=21 ;;
  4.6.0) store=JKS java_min=11 java_max=21 ;;
  4.7.0) store=JKS java_min=21 java_max=25 release="--release 17" ;;
  *) echo "build.sh: there is no stand-in for version $version" >&2; exit 64 ;;
esac

keys=$out/.standin-keys-$version
stamp=$out/.standin-$version.sum
all_in_one=wso2am-$version
gateway=wso2am-universal-gw-$version

sources() {
  (cd "$src" && find . -type f ! -name '*.md' ! -name check.sh ! -name '*_test.go' -exec sha256sum {} + | sort -k 2)
  cat "$keys"/*.jks 2>/dev/null | sha256sum
}

now=$(sources)
if [ -f "$out/$all_in_one.zip" ] && [ -f "$out/$gateway.zip" ] && [ "$now" = "$(cat "$stamp" 2>/dev/null)" ]; then
  exit 0
fi

work=$(mktemp -d "$out/.standin-work.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

key() { keytool -J-Xshare:auto -J-XX:TieredStopAtLevel=1 -storetype "$store" -storepass wso2carbon "$@" 2>"$work/keytool.err" || { cat "$work/keytool.err" >&2; exit 1; }; }

# As the product's: the truststore holds roots and the default certificate under two names, the keystore holds a root as well.
keystores() {
  mkdir "$work/keys"
  cd "$work/keys"
  for n in 1 2; do
    key -genkeypair -keystore roots -alias "root$n" -keypass wso2carbon -keyalg EC -groupname secp256r1 -sigalg SHA256withECDSA \
      -validity 7300 -dname "CN=Stand-in Root $n,O=Stand-in" -ext bc:c=ca:true -ext ku:c=keyCertSign,cRLSign
    key -exportcert -keystore roots -alias "root$n" -rfc >"root$n.pem"
    key -importcert -noprompt -keystore client-truststore.jks -alias "standinroot${n}ca" -file "root$n.pem"
  done
  key -genkeypair -keystore wso2carbon.jks -alias wso2carbon -keypass wso2carbon -keyalg RSA -keysize 2048 -sigalg SHA256withRSA \
    -validity 825 -dname "CN=localhost,OU=WSO2,O=WSO2,L=Santa Clara,ST=CA,C=US" -ext san=dns:localhost \
    -ext ku=digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment -ext eku=serverAuth,clientAuth
  key -exportcert -keystore wso2carbon.jks -alias wso2carbon -rfc >default.pem
  key -importcert -noprompt -keystore wso2carbon.jks -alias standinroot1ca -file root1.pem
  for alias in wso2carbon gateway_certificate_alias; do
    key -importcert -noprompt -keystore client-truststore.jks -alias "$alias" -file default.pem
  done
  rm roots ./*.pem
  cd "$src"
  mv "$work/keys" "$keys"
}

classes() {
  mkdir "$work/standin"
  if command -v javac >/dev/null; then
    set -- javac
  else
    set -- java -m jdk.compiler/com.sun.tools.javac.Main
  fi
  # shellcheck disable=SC2086
  "$@" -nowarn $release -g:source,lines -d "$work/standin" "$src"/java/*.java
}

# Files that are only there to be unpacked, so that unpacking and listing are not over in a blink.
filler() {
  for n in $(seq 300); do
    { echo "filler $n"; seq "$n" "$((n + 900))"; } >"$1/repository/components/plugins/org.wso2.carbon.standin.part$n.jar"
  done
}

tree() { # FOLDER NAME SCRIPT
  home=$work/$1/$1
  mkdir -p "$home"
  cp -R "$src/common/." "$src/$2/." "$home"
  mkdir -p "$home/bin" "$home/lib" "$home/tmp" "$home/updates" "$home/repository/logs" "$home/repository/database" \
    "$home/repository/deployment/server/synapse-configs" "$home/repository/deployment/server/webapps" \
    "$home/repository/conf/security" "$home/repository/resources/security"
  for d in lib dropins patches extensions servicepacks plugins; do
    mkdir -p "$home/repository/components/$d"
  done
  sed -e "s/@SCRIPT@/$3/g" -e "s/@JAVA_MIN@/$java_min/g" -e "s/@JAVA_MAX@/$java_max/g" "$src/common/server.sh" >"$home/bin/$3"
  rm "$home/server.sh"
  cp -R "$work/standin" "$home/lib/standin"
  cp "$keys"/*.jks "$home/repository/resources/security"
  echo "$4 $version" >"$home/bin/version.txt"
  echo "WSO2 Carbon Framework of the stand-in" >"$home/bin/wso2carbon-version.txt"
  echo "product-id=$1" >"$home/updates/product.txt"
  echo "# Aliases of secrets, one a line. Written by the cipher tool." >"$home/repository/conf/security/cipher-text.properties"
  echo "No pack of WSO2's; see README.txt." >"$home/LICENSE.txt"
  for file in repository/components/lib repository/components/dropins repository/logs repository/database tmp; do
    echo "An empty folder, but for this file." >"$home/$file/README.txt"
  done
  if [ "$version" = 4.5.0 ]; then
    # New in 4.6.0.
    sed -i '/gateway_notification/d' "$home/repository/resources/conf/default.json" "$home/repository/resources/conf/templates/repository/conf/api-manager.xml.j2"
  fi
  filler "$home"
  (cd "$src" && go run mkzip.go "$work/$1.zip" "$work/$1")
  mv "$work/$1.zip" "$out/$1.zip"
}

[ -d "$keys" ] || keystores
classes
tree "$all_in_one" all-in-one api-manager.sh "WSO2 API Manager"
tree "$gateway" gateway gateway.sh "WSO2 Universal Gateway"
sources >"$stamp"
