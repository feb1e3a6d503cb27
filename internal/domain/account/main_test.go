package account_test

import (
	"os"
	"testing"

	"portail-qf/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
