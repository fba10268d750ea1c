package main

import (
	"context"
	"fmt"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

// redisRates counts requests in Redis, one count for all processes. Its clock is
// Redis's own.
type redisRates struct {
	client  *redis.Client
	limiter *redis_rate.Limiter
}

// newRedisRates returns nil when no Redis is set. It does not connect yet.
func newRedisRates(url string) (*redisRates, error) {
	if url == "" {
		return nil, nil //nolint:nilnil // none is a fine answer
	}
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout, o.MaxRetries = time.Second, time.Second, time.Second, time.Second, 1
	c := redis.NewClient(o)
	return &redisRates{c, redis_rate.NewLimiter(c)}, nil
}

// Take counts one request of the key against a limit a minute. It returns 0 when
// the request may go on, else how long to wait.
func (r *redisRates) Take(ctx context.Context, key string, perMinute int) (time.Duration, error) {
	res, err := r.limiter.Allow(ctx, "heddle:"+key, redis_rate.PerMinute(perMinute))
	if err != nil {
		return 0, fmt.Errorf("count in Redis: %w", err)
	}
	return max(0, res.RetryAfter), nil
}

func (r *redisRates) close() error { return r.client.Close() }
