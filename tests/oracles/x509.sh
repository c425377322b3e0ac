#!/bin/sh
# Judges a directory of certificates with other people's tools:
#   x509.sh DIR    with root.pem, issuing.pem, credential-*.pem, seal-*.pem, status.pem
# Needs openssl, certtool (gnutls-bin) and python3; pkilint is installed, at one version, into a directory of its own
# (VIDIMUS_PKILINT, default .cache/pkilint beside Cargo.toml). Exits non-zero when any tool refuses any certificate.
set -u
PKILINT_VERSION=0.13.3

directory=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
pkilint=${VIDIMUS_PKILINT:-$here/.cache/pkilint}
failed=0

judge() {
    what=$1
    shift
    if said=$("$@" 2>&1); then
        echo "ok      $what"
    else
        echo "REFUSED $what: $said"
        failed=1
    fi
}

missing() {
    echo "missing: $1" >&2
    exit 2
}

command -v openssl >/dev/null || missing openssl
command -v certtool >/dev/null || missing "certtool (gnutls-bin)"
if ! "$pkilint/bin/python" -m pip show pkilint 2>/dev/null | grep -qx "Version: $PKILINT_VERSION"; then
    python3 -m venv "$pkilint" || missing python3-venv
    "$pkilint/bin/python" -m pip install --quiet "pkilint==$PKILINT_VERSION" || missing "pkilint $PKILINT_VERSION"
fi

root=$directory/root.pem
issuing=$directory/issuing.pem
leaves=
for leaf in "$directory"/credential-*.pem "$directory"/seal-*.pem "$directory/status.pem"; do
    [ -f "$leaf" ] || missing "$leaf"
    leaves="$leaves $leaf"
done

chain=$(mktemp)
trap 'rm -f "$chain"' EXIT
with_certtool() {
    cat "$@" >"$chain"
    certtool --verify --verify-profile medium --load-ca-certificate "$root" --infile "$chain"
}

judge "openssl: root, issuing" openssl verify -x509_strict -check_ss_sig -CAfile "$root" "$root" "$issuing"
judge "certtool: issuing" with_certtool "$issuing"
judge "pkilint, root to issuing" "$pkilint/bin/lint_pkix_signer_signee_cert_chain" lint -s WARNING "$root" "$issuing"

for leaf in $leaves; do
    name=$(basename "$leaf")
    judge "openssl: $name" \
        openssl verify -x509_strict -purpose any -CAfile "$root" -untrusted "$issuing" "$leaf"
    judge "certtool: $name" with_certtool "$leaf" "$issuing"
    judge "pkilint, issuing to $name" \
        "$pkilint/bin/lint_pkix_signer_signee_cert_chain" lint -s WARNING "$issuing" "$leaf"
done
for certificate in "$root" "$issuing" $leaves; do
    judge "pkilint: $(basename "$certificate")" "$pkilint/bin/lint_pkix_cert" lint -s WARNING "$certificate"
done
# What a department may issue, as openssl reads it: the codes that tests/x509_oracles.rs wrote, in no other certificate.
names_types() {
    read_by_openssl=$(openssl x509 -in "$1" -noout -text -certopt ext_parse) || return 1
    echo "$read_by_openssl"
    for wanted in "X509v3 Subject Directory Attributes" businessCategory 11100000MB0143028R001 11100000MB0143028R015; do
        case $read_by_openssl in *"$wanted"*) ;; *) return 1 ;; esac
    done
}
names_none() { ! names_types "$1"; }
for leaf in $leaves; do
    case $leaf in
    */credential-*) judge "openssl: $(basename "$leaf") names its types" names_types "$leaf" ;;
    *) judge "openssl: $(basename "$leaf") names none" names_none "$leaf" ;;
    esac
done
exit $failed
