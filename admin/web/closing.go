package web

import "context"

type closingKey struct{}

// WithClosing says when the server ends, for answers that would go on for as long as somebody listens.
func WithClosing(ctx context.Context, closing <-chan struct{}) context.Context {
	return context.WithValue(ctx, closingKey{}, closing)
}

// Closing is closed when the server is about to end; nil, which never is, where nobody said.
func Closing(ctx context.Context) <-chan struct{} {
	closing, _ := ctx.Value(closingKey{}).(<-chan struct{})
	return closing
}
