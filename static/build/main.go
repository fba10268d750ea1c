// Command build bundles the scripts and styles under static/src into static/dist,
// from where they are embedded into the binary. Run it from the module's root:
//
//	go run ./static/build           the bundle for production
//	go run ./static/build -dev      readable, with source maps
//	go run ./static/build -watch    again after every change
//	go run ./static/build -test     the TypeScript unit tests, under node
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	var (
		dev   = flag.Bool("dev", false, "readable output with source maps")
		watch = flag.Bool("watch", false, "build again after every change")
		test  = flag.Bool("test", false, "bundle src/**/*.test.ts and run them with node; arguments are parts of file names")
		dir   = flag.String("dir", "static", "folder of package.json and src")
	)
	flag.Parse()
	if err := run(*dir, *dev, *watch, *test, flag.Args()); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			os.Exit(exit.ExitCode())
		}
		fmt.Fprintln(os.Stderr, "static/build:", err)
		os.Exit(1)
	}
}

func run(dir string, dev, watch, test bool, args []string) error {
	root, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules")); err != nil {
		return fmt.Errorf("the npm packages are missing: run npm ci in %s", dir)
	}
	switch {
	case test:
		return runTests(root, args)
	case watch:
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
		return watchBundle(root, dev, stop)
	}
	return bundle(root, dev)
}
