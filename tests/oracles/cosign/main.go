// Asks a witness with other people's code: golang.org/x/mod/sumdb/note and tlog.
//
//	cosign keys NAME DIR                                   makes log.skey and log.vkey
//	cosign try WITNESS_URL WITNESS_VKEY DIR                a log of its own, every status of C2SP tlog-witness
//	cosign ledger LEDGER_URL VKEY_FILE WITNESS_URL WITNESS_VKEY
//	                                                       a running ledger's checkpoint, proved from its tiles
//	cosign receipt RECEIPT_FILE VKEY_FILE WITNESS_VKEY...  a receipt with the lines of all these witnesses
//
// Cosignatures (type 0x04) are verified here by crypto/ed25519 alone. Ends with 1 and the reason where anything differs.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// witness is a cosigner as note wants one.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }

func (w witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	if age := time.Since(time.Unix(int64(at), 0)); age < -time.Minute || age > time.Hour {
		return false
	}
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, msg)
	return ed25519.Verify(w.key, []byte(text), sig[8:])
}

func witnessOf(vkey string) (witness, error) {
	parts := strings.SplitN(strings.TrimSpace(vkey), "+", 3)
	if len(parts) != 3 {
		return witness{}, fmt.Errorf("%q is no vkey", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 0x04 {
		return witness{}, fmt.Errorf("%q is no cosigner's vkey: %v", vkey, err)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(sum[:])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return witness{}, fmt.Errorf("%q has the id %08x", vkey, hash)
	}
	return witness{parts[0], hash, ed25519.PublicKey(key[1:])}, nil
}

// asked is an answer of a witness.
type asked struct {
	status int
	kind   string
	body   string
}

func add(url string, old int64, proof tlog.TreeProof, checkpoint []byte) (asked, error) {
	var body bytes.Buffer
	fmt.Fprintf(&body, "old %d\n", old)
	for _, hash := range proof {
		fmt.Fprintf(&body, "%s\n", base64.StdEncoding.EncodeToString(hash[:]))
	}
	body.WriteString("\n")
	body.Write(checkpoint)
	return send(url, body.Bytes())
}

func send(url string, body []byte) (asked, error) {
	answer, err := http.Post(url+"/add-checkpoint", "text/plain", bytes.NewReader(body))
	if err != nil {
		return asked{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return asked{answer.StatusCode, answer.Header.Get("Content-Type"), string(text)}, err
}

// cosigned opens checkpoint and answer as one note under the log's key and the witness's: both must have signed.
func cosigned(checkpoint []byte, answer asked, log note.Verifier, w witness) error {
	if answer.status != 200 {
		return fmt.Errorf("answered %d %q", answer.status, answer.body)
	}
	opened, err := note.Open(append(bytes.Clone(checkpoint), answer.body...), note.VerifierList(log, w))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != 2 || len(opened.UnverifiedSigs) != 0 {
		return fmt.Errorf("signed by %v, unknown %v", opened.Sigs, opened.UnverifiedSigs)
	}
	return nil
}

// log is a tree in memory.
type log struct {
	signer note.Signer
	hashes []tlog.Hash
}

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		if index >= int64(len(l.hashes)) {
			return nil, errors.New("no such hash")
		}
		found = append(found, l.hashes[index])
	}
	return found, nil
}

func grown(signer note.Signer, size int64, salt string) (*log, error) {
	l := &log{signer: signer}
	for n := int64(0); n < size; n++ {
		hashes, err := tlog.StoredHashes(n, []byte(fmt.Sprintf("%s %d", salt, n)), l)
		if err != nil {
			return nil, err
		}
		l.hashes = append(l.hashes, hashes...)
	}
	return l, nil
}

func (l *log) checkpoint(size int64) ([]byte, error) {
	root, err := tlog.TreeHash(size, l)
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", l.signer.Name(), size, root)
	return note.Sign(&note.Note{Text: text}, l.signer)
}

func (l *log) submit(url string, old, size int64) (asked, []byte, error) {
	checkpoint, err := l.checkpoint(size)
	if err != nil {
		return asked{}, nil, err
	}
	var proof tlog.TreeProof
	if old > 0 && old < size {
		if proof, err = tlog.ProveTree(size, old, l); err != nil {
			return asked{}, nil, err
		}
	}
	answer, err := add(url, old, proof, checkpoint)
	return answer, checkpoint, err
}

func try(url, vkey, dir string) error {
	w, err := witnessOf(vkey)
	if err != nil {
		return err
	}
	secret, err := os.ReadFile(filepath.Join(dir, "log.skey"))
	if err != nil {
		return err
	}
	public, err := os.ReadFile(filepath.Join(dir, "log.vkey"))
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(secret)))
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(public)))
	if err != nil {
		return err
	}
	one, err := grown(signer, 600, "one")
	if err != nil {
		return err
	}
	other, err := grown(signer, 600, "other")
	if err != nil {
		return err
	}
	at := int64(0)
	for _, size := range []int64{1, 2, 3, 7, 8, 255, 256, 257, 257, 511, 513} {
		answer, checkpoint, err := one.submit(url, at, size)
		if err == nil {
			err = cosigned(checkpoint, answer, verifier, w)
		}
		if err != nil {
			return fmt.Errorf("from %d to %d: %w", at, size, err)
		}
		at = size
	}
	refused := func(what string, l *log, old, size int64, status int) error {
		answer, _, err := l.submit(url, old, size)
		if err == nil && answer.status != status {
			err = fmt.Errorf("answered %d, not %d: %q", answer.status, status, answer.body)
		}
		if err == nil && status == 409 && (answer.body != fmt.Sprintf("%d\n", at) || answer.kind != "text/x.tlog.size") {
			err = fmt.Errorf("409 says %q as %q", answer.body, answer.kind)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
	for _, err := range []error{
		refused("behind", one, 257, 600, 409),
		refused("from nothing", one, 0, 600, 409),
		refused("old beyond", one, 599, 598, 400),
		refused("the other face", other, at, 600, 422),
		refused("the other face at one size", other, at, at, 422),
	} {
		if err != nil {
			return err
		}
	}
	// Someone else's key under the log's name, and a log that nobody follows.
	for name, status := range map[string]int{signer.Name(): 403, signer.Name() + "/other": 404} {
		secret, _, err := note.GenerateKey(rand.Reader, name)
		if err != nil {
			return err
		}
		stranger, err := note.NewSigner(secret)
		if err != nil {
			return err
		}
		if err := refused(name, &log{stranger, one.hashes}, at, 600, status); err != nil {
			return err
		}
	}
	if answer, err := send(url, []byte("old 1\n")); err != nil || answer.status != 400 {
		return fmt.Errorf("nonsense answered %d: %v", answer.status, err)
	}
	if answer, err := send(url, bytes.Repeat([]byte("x"), 1<<20)); err == nil && answer.status != 413 {
		return fmt.Errorf("a flood answered %d", answer.status)
	}
	// Both faces at once, from many: one wins, and the witness goes on with that one.
	won := make(chan string, 16)
	var all sync.WaitGroup
	for n := range 16 {
		l, face := one, "one"
		if n%2 == 1 {
			l, face = other, "other"
		}
		all.Add(1)
		go func() {
			defer all.Done()
			if answer, _, err := l.submit(url, at, 600); err == nil && answer.status == 200 {
				won <- face
			}
		}()
	}
	all.Wait()
	close(won)
	count := 0
	for face := range won {
		count++
		if face != "one" {
			return errors.New("the other face was cosigned")
		}
	}
	if count != 1 {
		return fmt.Errorf("%d of the racing submissions were cosigned, not 1", count)
	}
	sum := sha256.Sum256([]byte(signer.Name()))
	answer, err := http.Get(fmt.Sprintf("%s/%x/checkpoint", url, sum))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	latest, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	opened, err := note.Open(latest, note.VerifierList(verifier, w))
	if err != nil || len(opened.Sigs) != 2 || !strings.HasPrefix(opened.Text, signer.Name()+"\n600\n") {
		return fmt.Errorf("the latest is %q: %v", latest, err)
	}
	fmt.Println("every status, and the last of both faces at once: one tree")
	return nil
}

type ledger struct{ url string }

func (l ledger) get(path string) ([]byte, error) {
	answer, err := http.Get(l.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, answer.Status)
	}
	return data, err
}

func (l ledger) Height() int { return height }

func (l ledger) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := l.get(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (l ledger) SaveTiles([]tlog.Tile, [][]byte) {}

func follow(ledgerURL, vkeys, url, vkey string) error {
	w, err := witnessOf(vkey)
	if err != nil {
		return err
	}
	log, err := note.NewVerifier(strings.Fields(vkeys)[0])
	if err != nil {
		return err
	}
	l := ledger{ledgerURL}
	head, err := l.get("checkpoint")
	if err != nil {
		return err
	}
	opened, err := note.Open(head, note.VerifierList(log))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, l)
	old := int64(0)
	for range 3 {
		var proof tlog.TreeProof
		if old > 0 && old < size {
			if proof, err = tlog.ProveTree(size, old, hashes); err != nil {
				return err
			}
		}
		answer, err := add(url, old, proof, head)
		if err != nil {
			return err
		}
		if answer.status != 409 {
			if err := cosigned(head, answer, log, w); err != nil {
				return err
			}
			fmt.Printf("%s cosigned size %d after %d\n", w.name, size, old)
			return nil
		}
		if old, err = strconv.ParseInt(strings.TrimSuffix(answer.body, "\n"), 10, 64); err != nil {
			return err
		}
	}
	return errors.New("409 again and again")
}

// receipt reads a C2SP tlog-proof with note and tlog: signed by the log and by every witness named, and the entry in it.
func receipt(text []byte, vkeys string, witnesses []string) error {
	log, err := note.NewVerifier(strings.Fields(vkeys)[0])
	if err != nil {
		return err
	}
	known := []note.Verifier{log}
	for _, vkey := range witnesses {
		w, err := witnessOf(vkey)
		if err != nil {
			return err
		}
		known = append(known, w)
	}
	proof, checkpoint, cut := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(proof), "\n")
	if !cut || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("no tlog-proof")
	}
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		path = append(path, hash)
	}
	opened, err := note.Open(checkpoint, note.VerifierList(known...))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != len(known) || len(opened.UnverifiedSigs) != 0 {
		return fmt.Errorf("signed by %v, unknown %v", opened.Sigs, opened.UnverifiedSigs)
	}
	head := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(head[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(head[2])
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(path, size, root, index, tlog.RecordHash(entry)); err != nil {
		return err
	}
	fmt.Printf("entry %d under %d entries, with the lines of %d witnesses\n", index, size, len(witnesses))
	return nil
}

func keys(name, dir string) error {
	secret, public, err := note.GenerateKey(rand.Reader, name)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "log.skey"), []byte(secret+"\n"), 0o600)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "log.vkey"), []byte(public+"\n"), 0o644)
	}
	return err
}

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 3 && args[0] == "keys":
		err = keys(args[1], args[2])
	case len(args) == 4 && args[0] == "try":
		err = try(strings.TrimSuffix(args[1], "/"), args[2], args[3])
	case len(args) == 5 && args[0] == "ledger":
		var vkeys []byte
		if vkeys, err = os.ReadFile(args[2]); err == nil {
			err = follow(strings.TrimSuffix(args[1], "/"), string(vkeys), strings.TrimSuffix(args[3], "/"), args[4])
		}
	case len(args) >= 3 && args[0] == "receipt":
		var text, vkeys []byte
		if text, err = os.ReadFile(args[1]); err == nil {
			if vkeys, err = os.ReadFile(args[2]); err == nil {
				err = receipt(text, string(vkeys), args[3:])
			}
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: cosign keys NAME DIR | try URL VKEY DIR | ledger LEDGER_URL VKEY_FILE URL VKEY | receipt FILE VKEY_FILE VKEY...")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
