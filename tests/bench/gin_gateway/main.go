// What a team would put in the gateway's place: Gin, golang-jwt, a limiter in memory, regular expressions on the body and
// gRPC to an engine. With -backend it is that engine: it answers CreateMigration and CreateMigrations with a fixed migration.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/encoding/protowire"
)

const create = "/datamigrate.v1.MigrationService/CreateMigration"

// rawCodec hands bytes through: the messages are written and read by field number below.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }
func (rawCodec) Marshal(v any) ([]byte, error) {
	return *v.(*[]byte), nil
}
func (rawCodec) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

func serveBackend(listener net.Listener) error {
	encoding.RegisterCodec(rawCodec{})
	migration := protowire.AppendTag(nil, 1, protowire.BytesType)
	migration = protowire.AppendString(migration, "00000000-0000-4000-8000-000000000001")
	migration = protowire.AppendTag(migration, 4, protowire.BytesType)
	migration = protowire.AppendString(migration, "duckdb")
	migration = protowire.AppendTag(migration, 5, protowire.VarintType)
	migration = protowire.AppendVarint(migration, 1)
	result := protowire.AppendTag(nil, 3, protowire.BytesType)
	result = protowire.AppendBytes(result, migration)
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		var request []byte
		if err := stream.RecvMsg(&request); err != nil {
			return err
		}
		if method, _ := grpc.MethodFromServerStream(stream); method == create {
			return stream.SendMsg(&migration)
		}
		// CreateMigrations: a result for each item, which are all that the request has.
		var answer []byte
		for len(request) > 0 {
			size := protowire.ConsumeFieldValue(1, protowire.BytesType, request[1:])
			if size < 0 {
				return errors.New("the request is not one of CreateMigrations")
			}
			request = request[1+size:]
			answer = protowire.AppendTag(answer, 1, protowire.BytesType)
			answer = protowire.AppendBytes(answer, result)
		}
		return stream.SendMsg(&answer)
	}))
	return server.Serve(listener)
}

// limiter counts requests of each second of the last minute, as the gateway does.
type limiter struct {
	mutex   sync.Mutex
	limit   int
	windows map[string]*window
}

type window struct {
	seconds [60]int
	last    int64
	total   int
}

func (l *limiter) allow(key string, now int64) (int, bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	w := l.windows[key]
	if w == nil {
		w = &window{last: now}
		l.windows[key] = w
	}
	for ; w.last < now; w.last++ {
		slot := (w.last + 1) % 60
		w.total -= w.seconds[slot]
		w.seconds[slot] = 0
	}
	if w.total >= l.limit {
		return 0, false
	}
	w.total++
	w.seconds[now%60]++
	return l.limit - w.total, true
}

// patterns are like those that web application firewalls look for in a body.
var patterns = []string{
	`(?i)\bunion\b.{1,100}\bselect\b`, `(?i)\bor\b\s+\d+\s*=\s*\d+`, `(?i);\s*drop\s+table\b`, `(?i)\bxp_cmdshell\b`,
	`(?i)\bopenrowset\b`, `(?i)\bwaitfor\s+delay\b`, `(?i)\bsleep\s*\(`, `(?i)\bbenchmark\s*\(`, `(?i)<script[^>]*>`,
	`(?i)javascript\s*:`, `(?i)\bon(error|load|click)\s*=`, `(?i)<iframe[^>]*>`, `(?i)\bdocument\.cookie\b`,
	`\.\./\.\./`, `(?i)/etc/(passwd|shadow)`, `(?i)\bphp://`, `(?i)\bfile://`, `(?i);\s*(cat|ls|rm|wget|curl)\b`,
	`\$\([^)]*\)`, "`[^`]*`", `(?i)ignore\s+(all\s+)?(previous|prior)\s+instructions`, `(?i)\bsystem\s+prompt\b`,
	`(?i)\bact\s+as\s+(an?|the)\b`, `(?i)\bAKIA[0-9A-Z]{16}\b`, `(?i)-----BEGIN [A-Z ]*PRIVATE KEY-----`,
}

type gateway struct {
	secret  []byte
	limits  *limiter
	rules   []*regexp.Regexp
	channel *grpc.ClientConn
	list    []byte
}

func refuse(c *gin.Context, status int, detail string) {
	c.Header("Content-Type", "application/problem+json")
	c.AbortWithStatusJSON(status, gin.H{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail})
}

func (g *gateway) identify(c *gin.Context) {
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	c.Header("X-Request-Id", hex.EncodeToString(id))
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("X-Frame-Options", "DENY")
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	c.Header("Referrer-Policy", "no-referrer")
}

func (g *gateway) authenticate(c *gin.Context) {
	header := c.GetHeader("Authorization")
	if len(header) < 8 || header[:7] != "Bearer " {
		refuse(c, 401, "sign in first")
		return
	}
	claims := jwt.RegisteredClaims{}
	_, err := jwt.ParseWithClaims(header[7:], &claims, func(*jwt.Token) (any, error) { return g.secret, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience("datamigrate"), jwt.WithIssuer("bench"))
	if err != nil {
		refuse(c, 401, "sign in again")
		return
	}
	c.Set("user", claims.Subject)
}

func (g *gateway) limit(c *gin.Context) {
	left, ok := g.limits.allow(c.GetString("user"), time.Now().Unix())
	c.Header("RateLimit-Limit", strconv.Itoa(g.limits.limit))
	c.Header("RateLimit-Remaining", strconv.Itoa(left))
	if !ok {
		refuse(c, 429, "too many requests")
	}
}

type newMigration struct {
	Name    string         `json:"name"`
	Source  string         `json:"source" binding:"required"`
	Target  string         `json:"target" binding:"required"`
	Options map[string]any `json:"options"`
}

func (g *gateway) createMigration(c *gin.Context) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, 256*1024))
	if err != nil {
		refuse(c, 413, "the body is too large")
		return
	}
	for _, rule := range g.rules {
		if rule.Match(body) {
			refuse(c, 403, "the body was blocked")
			return
		}
	}
	var asked newMigration
	if err := json.Unmarshal(body, &asked); err != nil || asked.Source == "" || asked.Target == "" {
		refuse(c, 400, "the body is not valid")
		return
	}
	request := protowire.AppendTag(nil, 1, protowire.BytesType)
	request = protowire.AppendString(request, asked.Name)
	request = protowire.AppendTag(request, 2, protowire.BytesType)
	request = protowire.AppendString(request, asked.Source)
	request = protowire.AppendTag(request, 3, protowire.BytesType)
	request = protowire.AppendString(request, asked.Target)
	ctx, cancel := context.WithTimeout(c.Request.Context(), 30*time.Second)
	defer cancel()
	var answer []byte
	if err := g.channel.Invoke(ctx, create, &request, &answer); err != nil {
		refuse(c, 503, "the engine is away")
		return
	}
	migration := gin.H{"name": asked.Name, "source": asked.Source}
	for len(answer) > 0 {
		number, kind, n := protowire.ConsumeTag(answer)
		if n < 0 {
			refuse(c, 502, "the engine failed")
			return
		}
		answer = answer[n:]
		size := protowire.ConsumeFieldValue(number, kind, answer)
		if size < 0 {
			refuse(c, 502, "the engine failed")
			return
		}
		switch number {
		case 1:
			migration["id"], _ = protowire.ConsumeString(answer)
		case 4:
			migration["target"], _ = protowire.ConsumeString(answer)
		case 5:
			migration["status"] = "MIGRATION_STATUS_QUEUED"
		}
		answer = answer[size:]
	}
	c.JSON(201, migration)
}

func (g *gateway) serve(listener net.Listener) error {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(gin.Recovery(), g.identify, g.authenticate, g.limit)
	engine.GET("/api", func(c *gin.Context) { c.Data(200, "application/json", g.list) })
	engine.POST("/api/v1/migrations", g.createMigration)
	return http.Serve(listener, engine)
}

func run() error {
	backend := flag.Bool("backend", false, "be the engine")
	engine := flag.String("engine", "", "the engine's HOST:PORT")
	rules := flag.Bool("rules", true, "look for the patterns in bodies")
	list := flag.String("list", "{}", "what GET /api answers")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if *backend {
		fmt.Println(port)
		return serveBackend(listener)
	}
	if *engine == "" {
		return errors.New("-engine is missing")
	}
	encoding.RegisterCodec(rawCodec{})
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	now := time.Now()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer: "bench", Subject: "user", Audience: jwt.ClaimStrings{"datamigrate"},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour)),
	}).SignedString(secret)
	if err != nil {
		return err
	}
	channel, err := grpc.NewClient(*engine, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	g := &gateway{secret: secret, limits: &limiter{limit: 1_000_000_000, windows: map[string]*window{}}, channel: channel, list: []byte(*list)}
	if *rules {
		for _, pattern := range patterns {
			g.rules = append(g.rules, regexp.MustCompile(pattern))
		}
	}
	fmt.Println(port)
	fmt.Println(signed)
	return g.serve(listener)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gin_gateway:", err)
		os.Exit(1)
	}
}
