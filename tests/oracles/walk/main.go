// Walks a ledger over HTTP with other people's code: golang.org/x/mod/sumdb/note and tlog.
//
//	walk LEDGER_URL VKEY_FILE [OLDER_CHECKPOINT]
//
// Opens the checkpoint under the verifier keys, authenticates every tile against its root, proves every entry, and
// proves consistency with an older checkpoint. Paths are those of C2SP tlog-tiles (tile/0/000), not tlog's own
// (tile/8/0/000). Ends with 1 and the reason where anything does not hold.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type ledger struct {
	url   string
	tiles map[string][]byte
}

func (l *ledger) get(path string) ([]byte, error) {
	if data, ok := l.tiles[path]; ok {
		return data, nil
	}
	answer, err := http.Get(l.url + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s %v", path, answer.Status, err)
	}
	l.tiles[path] = data
	return data, nil
}

func (l *ledger) Height() int { return height }

func (l *ledger) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := l.get(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		if len(data) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s: %d bytes", tile.Path(), len(data))
		}
		all = append(all, data)
	}
	return all, nil
}

func (l *ledger) SaveTiles([]tlog.Tile, [][]byte) {}

// checkpoint is a signed tree head: origin, size and root.
func checkpoint(text []byte, keys []note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(text, note.VerifierList(keys...))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != opened.Sigs[0].Name {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint without extensions: %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// entries of the bundle that holds the entries from first on, in a tree of that size.
func (l *ledger) entries(first, size int64) ([][]byte, error) {
	tile := tlog.Tile{H: height, L: 0, N: first >> height, W: int(min(size-first, 1<<height))}
	path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
	data, err := l.get(path)
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s breaks off", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		all = append(all, data[2:end])
		data = data[end:]
	}
	if len(all) != tile.W {
		return nil, fmt.Errorf("%s: %d entries, not %d", path, len(all), tile.W)
	}
	return all, nil
}

func walk(url, vkeys string, older []byte) error {
	var keys []note.Verifier
	for _, line := range strings.Fields(vkeys) {
		key, err := note.NewVerifier(line)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	l := &ledger{url, map[string][]byte{}}
	head, err := l.get("checkpoint")
	if err != nil {
		return err
	}
	tree, err := checkpoint(head, keys)
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tree, l)
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil || root != tree.Hash {
		return fmt.Errorf("the tiles lead to %v: %v", root, err)
	}
	for first := int64(0); first < tree.N; first += 1 << height {
		entries, err := l.entries(first, tree.N)
		if err != nil {
			return err
		}
		for at, entry := range entries {
			index := first + int64(at)
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			if err != nil {
				return err
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
				return fmt.Errorf("entry %d: %w", index, err)
			}
		}
	}
	said := ""
	if older != nil {
		old, err := checkpoint(older, keys)
		if err != nil {
			return fmt.Errorf("older: %w", err)
		}
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			return fmt.Errorf("not consistent with size %d: %w", old.N, err)
		}
		said = fmt.Sprintf(", consistent with size %d", old.N)
	}
	fmt.Printf("%d entries proved over %d files, root %v%s\n", tree.N, len(l.tiles), tree.Hash, said)
	return nil
}

func main() {
	if len(os.Args) < 3 || len(os.Args) > 4 {
		fmt.Fprintln(os.Stderr, "usage: walk LEDGER_URL VKEY_FILE [OLDER_CHECKPOINT]")
		os.Exit(2)
	}
	vkeys, err := os.ReadFile(os.Args[2])
	var older []byte
	if err == nil && len(os.Args) == 4 {
		older, err = os.ReadFile(os.Args[3])
	}
	if err == nil {
		err = walk(strings.TrimSuffix(os.Args[1], "/"), string(vkeys), older)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
