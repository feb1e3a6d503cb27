package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"portail-qf/internal/app"
	"portail-qf/internal/config"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// commands are those of SETTLED.md, names.
type commands struct {
	Serve   struct{} `cmd:"" help:"Serve the portal until SIGTERM."`
	Migrate struct{} `cmd:"" help:"Bring the database up to date."`
	Job     struct {
		Name string `arg:"" help:"Such as purge or hubee-notifications."`
	} `cmd:"" help:"Run a job now and print its report."`
	Purge               struct{} `cmd:"" help:"Erase what may no longer be kept: the job of this name."`
	ImportCollectivites struct {
		File string `arg:"" type:"existingfile" help:"The public list, or a seed (JSON)."`
	} `cmd:"" help:"Add or update collectivities from a list."`
	ImportFormulaires struct {
		File string `arg:"" type:"existingfile" help:"The request forms (JSON)."`
	} `cmd:"" help:"Publish request forms from a file: all of them, or none when one is wrong."`
	ImportExistant existingOptions `cmd:"" help:"Bring the towns, habilitations and tokens of the existing system."`
	Admin          struct {
		Quarantine struct{} `cmd:"" help:"List the dossiers that HubEE refuses as already known."`
		Resume     struct {
			Reference string `arg:"" help:"The dossier's identifier."`
			Folder    string `arg:"" help:"The id of its folder, found at HubEE."`
		} `cmd:"" help:"Take a quarantined dossier up again with its folder at HubEE."`
		Invite struct {
			Mail string `arg:"" help:"The address of the first administrator."`
		} `cmd:"" help:"Invite an administrator by mail; prints the link too."`
		Reseal        struct{} `cmd:"" help:"Seal again, with the first key of KEYS, what is kept sealed by the others."`
		VerifyJournal struct {
			Known []string `sep:"none" help:"Digests kept elsewhere, as the job seal-journal reports them: batch:digest."`
		} `cmd:"" help:"Verify the journal and name its first broken link."`
	} `cmd:"" help:"What staff do by hand."`
}

// farewell covers two probes of a load balancer at the usual 2 seconds.
const farewell = 5 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var chosen commands
	parsed := kong.Parse(&chosen, kong.Name("portal"), kong.Description("The portal of the quotient familial form."))
	if err := run(ctx, parsed.Command(), chosen); err != nil {
		fmt.Fprintln(os.Stderr, "portal:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, command string, chosen commands) error {
	if command == "migrate" {
		url, err := config.ReadMigration(os.Environ())
		if err != nil {
			return err
		}
		return postgres.Migrate(ctx, url.Reveal())
	}
	if command == "admin verify-journal" {
		return verifyJournal(ctx, chosen.Admin.VerifyJournal.Known)
	}
	c, err := config.Read(os.Environ())
	if err != nil {
		return err
	}
	portal, err := app.New(ctx, c, app.Options{
		Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)), Farewell: farewell, Rehearsal: chosen.ImportExistant.DryRun,
	})
	if err != nil {
		return err
	}
	defer func() { _ = portal.Close() }()
	switch command {
	case "serve":
		return serve(ctx, portal, c)
	case "job <name>":
		return runJob(ctx, portal, chosen.Job.Name)
	case "purge":
		return runJob(ctx, portal, "purge")
	case "import-collectivites <file>":
		return importCollectivities(ctx, portal, chosen.ImportCollectivites.File)
	case "import-formulaires <file>":
		return importForms(ctx, portal, chosen.ImportFormulaires.File)
	case "import-existant <file>":
		return importExisting(ctx, portal, chosen.ImportExistant)
	case "admin quarantine":
		return listQuarantined(ctx, portal)
	case "admin resume <reference> <folder>":
		return resume(ctx, portal, chosen.Admin.Resume.Reference, chosen.Admin.Resume.Folder)
	case "admin invite <mail>":
		return invite(ctx, portal, c, chosen.Admin.Invite.Mail)
	case "admin reseal":
		return reseal(ctx, portal)
	}
	return fmt.Errorf("no command %q", command)
}

// The collector runs when the heap has grown fivefold rather than doubled: a server whose live heap is
// small gives memory for processor, as far as its limit goes. GOGC and GOMEMLIMIT, where they
// are set, decide.
const (
	heapGrowth  = 400       // per cent
	memoryLimit = 192 << 20 // bytes: the README promises 250 MB at most
)

func collectLess() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(heapGrowth)
		debug.SetMemoryLimit(memoryLimit)
	}
}

func serve(ctx context.Context, portal *app.App, c config.Config) error {
	collectLess()
	public, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("LISTEN: %w", err)
	}
	private, err := net.Listen("tcp", c.MetricsListen)
	if err != nil {
		return errors.Join(fmt.Errorf("METRICS_LISTEN: %w", err), public.Close())
	}
	return portal.Run(ctx, public, private)
}

func runJob(ctx context.Context, portal *app.App, name string) error {
	report, err := portal.Jobs.Run(ctx, name)
	if err != nil {
		return fmt.Errorf("%w (jobs: %s)", err, strings.Join(portal.Jobs.Names(), ", "))
	}
	fmt.Println(report)
	return nil
}

func importCollectivities(ctx context.Context, portal *app.App, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	batch, err := portal.Directory.Import(ctx, file)
	if err != nil {
		return err
	}
	fmt.Printf("Collectivités enregistrées\u00a0: %d\nÉditeurs enregistrés\u00a0: %d\n", len(batch.Collectivities), len(batch.Editors))
	list("Entrées laissées de côté", batch.Faults)
	list("Remarques", batch.Notes)
	return nil
}

// list prints sentences under their number.
func list(title string, sentences []string) {
	fmt.Printf("%s\u00a0: %d\n", title, len(sentences))
	for _, sentence := range sentences {
		fmt.Println("-", sentence)
	}
}

func listQuarantined(ctx context.Context, portal *app.App) error {
	waiting, err := portal.Delivery.Quarantined(ctx)
	if err != nil {
		return err
	}
	for _, s := range waiting {
		fmt.Printf("%s  %s  %s\n", s.Reference.Display(), s.Recipient.Siret, s.RecordedAt.Format(time.RFC3339))
	}
	return nil
}

func resume(ctx context.Context, portal *app.App, typed, folder string) error {
	reference, err := value.ParseReference(typed)
	if err != nil {
		return err
	}
	if err := portal.Delivery.Resume(ctx, reference, folder); err != nil {
		return fmt.Errorf("resume %s (%s): %w", reference.Display(), fault.CodeOf(err), err)
	}
	fmt.Printf("%s : envoi repris\n", reference.Display())
	return nil
}
