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

say() {
    if [ "$2" -eq 0 ]; then echo "ok      $1"; else echo "REFUSED $1"; failed=1; fi
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

openssl verify -x509_strict -check_ss_sig -purpose any -CAfile "$root" "$root" "$issuing" >/dev/null
say "openssl: root, issuing" $?
certtool --verify --load-ca-certificate "$root" >/dev/null
say "certtool: issuing" $?

for leaf in $leaves; do
    name=$(basename "$leaf")
    openssl verify -x509_strict -purpose any -CAfile "$root" -untrusted "$issuing" "$leaf" >/dev/null
    say "openssl: $name" $?
    cat "$leaf" "$issuing" "$root" | certtool --verify --load-ca-certificate "$root" >/dev/null
    say "certtool: $name" $?
    "$pkilint/bin/lint_pkix_signer_signee_cert_chain" lint -s WARNING "$issuing" "$leaf"
    say "pkilint, issuing to $name" $?
done
"$pkilint/bin/lint_pkix_signer_signee_cert_chain" lint -s WARNING "$root" "$issuing"
say "pkilint, root to issuing" $?
for certificate in "$root" "$issuing" $leaves; do
    "$pkilint/bin/lint_pkix_cert" lint -s WARNING "$certificate"
    say "pkilint: $(basename "$certificate")" $?
done
exit $failed
