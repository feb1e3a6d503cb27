package pglocal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// place is where a cluster lives and who may touch it.
type place struct {
	account  account
	data     string
	socket   string // directly under /tmp: a socket's path has 107 bytes at most
	lockFile string
}

// account is who the server runs as; borrowed when it is not ourselves, because we are root and PostgreSQL refuses to be.
type account struct {
	uid, gid uint32
	borrowed bool
}

// findPlace makes dir and chooses the folders of its cluster: always the same ones for the same dir and account.
func findPlace(dir string) (place, error) {
	who, err := findAccount()
	if err != nil {
		return place{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return place{}, fmt.Errorf("make folder of PostgreSQL: %w", err)
	}
	absolute, err := filepath.Abs(dir)
	if err == nil {
		absolute, err = filepath.EvalSymlinks(absolute)
	}
	if err != nil {
		return place{}, fmt.Errorf("find folder of PostgreSQL: %w", err)
	}
	digest := sha256.Sum256([]byte(absolute))
	name := "portail-qf-" + hex.EncodeToString(digest[:6])
	where := place{
		account:  who,
		data:     filepath.Join(absolute, "postgres"),
		socket:   filepath.Join("/tmp", name),
		lockFile: filepath.Join(absolute, "postgres.lock"),
	}
	reachable, err := who.canReach(absolute)
	if err != nil {
		return place{}, fmt.Errorf("find folder of PostgreSQL: %w", err)
	}
	if !reachable {
		where.data = filepath.Join("/var/tmp", name)
	}
	return where, nil
}

func findAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid())}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(found.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(found.Gid, 10, 32)
		if err := errors.Join(errUID, errGID); err != nil {
			return account{}, fmt.Errorf("read account %s: %w", name, err)
		}
		return account{uid: uint32(uid), gid: uint32(gid), borrowed: true}, nil
	}
	return account{}, errors.New("find an account for PostgreSQL: this machine has neither postgres nor nobody")
}

// canReach says whether the account may pass through every folder down to dir.
func (a account) canReach(dir string) (bool, error) {
	for folder := dir; ; folder = filepath.Dir(folder) {
		found, err := os.Stat(folder)
		if err != nil {
			return false, err
		}
		owner := found.Sys().(*syscall.Stat_t)
		pass := fs.FileMode(0o001)
		if owner.Uid == a.uid {
			pass = 0o100
		} else if owner.Gid == a.gid {
			pass = 0o010
		}
		if found.Mode().Perm()&pass == 0 {
			return false, nil
		}
		if folder == filepath.Dir(folder) {
			return true, nil
		}
	}
}

// lock takes the cluster for this process. The kernel gives it back when the process dies.
func (p place) lock() (*os.File, error) {
	file, err := os.OpenFile(p.lockFile, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock private PostgreSQL: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock private PostgreSQL: %w", err), file.Close())
	}
	return file, nil
}

// version is PostgreSQL's major version that made the data; 0 when there is none yet.
func (p place) version() (int, error) {
	content, err := os.ReadFile(filepath.Join(p.data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read version of the data: %w", err)
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("read version of the data: %w", err)
	}
	return version, nil
}

func (p place) unfinished() string { return p.data + ".new" }

func (p place) prepareUnfinished() error {
	if err := os.RemoveAll(p.unfinished()); err != nil {
		return fmt.Errorf("remove unfinished cluster: %w", err)
	}
	return p.makeOwned(p.unfinished())
}

// prepare makes the socket's folder anew: what a killed server left there names a process that may since be another. It refuses
// data that somebody else would have put under our name in /var/tmp.
func (p place) prepare() error {
	if err := os.RemoveAll(p.socket); err != nil {
		return fmt.Errorf("empty socket folder: %w", err)
	}
	if err := p.makeOwned(p.socket); err != nil {
		return err
	}
	found, err := os.Lstat(p.data)
	if err != nil {
		return fmt.Errorf("check data of PostgreSQL: %w", err)
	}
	if !found.IsDir() || found.Sys().(*syscall.Stat_t).Uid != p.account.uid {
		return fmt.Errorf("check data of PostgreSQL: %s belongs to somebody else", p.data)
	}
	return nil
}

func (p place) makeOwned(folder string) error {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return fmt.Errorf("make folder of PostgreSQL: %w", err)
	}
	if !p.account.borrowed {
		return nil
	}
	if err := os.Lchown(folder, int(p.account.uid), int(p.account.gid)); err != nil {
		return fmt.Errorf("give folder to PostgreSQL: %w", err)
	}
	return nil
}

// command prepares a program of PostgreSQL: as the account, in a process group of its own (Ctrl-C is ours to handle), from a
// folder that any account may enter, and without the caller's environment, whose PG… variables would change what it does.
func (p place) command(program string, arguments ...string) *exec.Cmd {
	command := exec.Command(program, arguments...)
	command.Dir = "/"
	command.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.account.borrowed {
		command.SysProcAttr.Credential = &syscall.Credential{Uid: p.account.uid, Gid: p.account.gid}
	}
	return command
}
