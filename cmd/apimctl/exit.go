package main

import (
	"context"
	"errors"

	"apimctl/inventory"
	"apimctl/playbooks"
	"apimctl/tasks/lock"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Exit statuses, as the help of the command lists them.
const (
	exitOK          = 0
	exitError       = 1
	exitChanges     = 2
	exitUnreachable = 3
	exitGate        = 4
	exitLocked      = 5
	exitUsage       = 64
	exitInterrupted = 130
)

// A usageError is a command that was not understood.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// An inputError is a command that was understood, with input that cannot be used: a file, a zip, a plan.
type inputError struct{ err error }

func (e *inputError) Error() string { return e.err.Error() }
func (e *inputError) Unwrap() error { return e.err }

// A quietError ends with a status, and everything to say was said.
type quietError struct{ status int }

func (e *quietError) Error() string { return "" }

// exitStatus is what tells a script how it went.
func exitStatus(err error) int {
	var (
		quiet    *quietError
		usage    *usageError
		input    *inputError
		problems inventory.Problems
		gate     *plan.GateError
		guard    *plan.GuardError
		share    *plan.ShareError
		taken    *lock.HeldError
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &quiet):
		return quiet.status
	case errors.Is(err, playbooks.ErrStopped), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &taken), errors.Is(err, lock.ErrLost):
		return exitLocked
	case errors.As(err, &usage), errors.As(err, &input), errors.As(err, &problems):
		return exitUsage
	case errors.As(err, &gate), errors.As(err, &guard), errors.As(err, &share):
		return exitGate
	case notReached(err):
		return exitUnreachable
	}
	return exitError
}

// notReached says whether there is no connection to a host, whatever stands in its way.
func notReached(err error) bool {
	return errors.As(err, new(*remote.UnreachableError)) || errors.As(err, new(*remote.HostKeyError)) ||
		errors.As(err, new(*remote.AuthError)) || errors.As(err, new(*remote.BecomeError))
}
