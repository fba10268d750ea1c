package studio

import (
	"context"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"heddle/internal/flow"
	"heddle/internal/node"
	"heddle/internal/store"
)

// UploadFile is a file as it came.
type UploadFile struct {
	Name string
	Data []byte
}

// FileOut carries one stored file's row.
type FileOut struct {
	File flow.Upload `json:"file"`
}

// FileContent is a stored file with its bytes.
type FileContent struct {
	Upload flow.Upload
	Data   []byte
}

// UploadFile stores a file of at most 25 MiB. Its type is sniffed; an image that
// cannot be read, or is larger than 50 megapixels, is refused.
func (s *Service) UploadFile(ctx context.Context, in UploadFile) (FileOut, error) {
	a, err := flow.Require(ctx, flow.ScopeFileWrite)
	if err != nil {
		return FileOut{}, err
	}
	u, err := save(ctx, s.store, a.Owner(), in)
	return FileOut{File: u}, err
}

func save(ctx context.Context, st *store.Store, o flow.Owner, in UploadFile) (flow.Upload, error) {
	u, err := node.Describe(cleanName(in.Name), in.Data)
	if err != nil {
		return flow.Upload{}, err
	}
	u.UserID = flow.ID(o)
	return u, st.CreateFile(ctx, o, u, in.Data)
}

// cleanName keeps the last element of a path, without control characters.
func cleanName(name string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, name)
	if r := []rune(name); len(r) > 200 {
		name = string(r[len(r)-200:])
	}
	if name == "" || name == "." || name == "/" {
		return "file"
	}
	return name
}

// File returns a stored file of the actor.
func (s *Service) File(ctx context.Context, in ByID) (FileContent, error) {
	a, err := flow.Require(ctx, flow.ScopeFileRead)
	if err != nil {
		return FileContent{}, err
	}
	u, err := s.store.File(ctx, a.Owner(), in.ID)
	if err != nil {
		return FileContent{}, err
	}
	data, err := s.store.FileData(ctx, a.Owner(), in.ID)
	return FileContent{Upload: u, Data: data}, err
}

// NodeFiles gives a run the files of its owner, as [node.Files].
func NodeFiles(st *store.Store) func(flow.Owner) node.Files {
	return func(o flow.Owner) node.Files { return nodeFiles{st, o} }
}

type nodeFiles struct {
	store *store.Store
	owner flow.Owner
}

func (f nodeFiles) Open(ctx context.Context, ref flow.FileRef) ([]byte, error) {
	return f.store.FileData(ctx, f.owner, ref.File)
}

func (f nodeFiles) Save(ctx context.Context, name string, data []byte) (flow.FileRef, error) {
	u, err := save(ctx, f.store, f.owner, UploadFile{Name: name, Data: data})
	return u.Ref(), err
}
