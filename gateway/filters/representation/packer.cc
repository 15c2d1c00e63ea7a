#include "gateway/filters/representation/packer.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <utility>

namespace datamigrate::gateway {
namespace {

constexpr int kGzipLevel = 4;  // three quarters of what 9 gains, at a third of its time
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 8;
constexpr int kZstdLevel = 3;       // the library's own default
constexpr int kZstdWindowLog = 20;  // 1 MiB; RFC 9659 lets clients refuse more than 8 MiB
constexpr size_t kBlock = 16 * 1024;

class GzipPacker : public Packer {
 public:
  GzipPacker() {
    is_open_ = deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                            Z_DEFAULT_STRATEGY) == Z_OK;
  }
  GzipPacker(const GzipPacker&) = delete;
  GzipPacker& operator=(const GzipPacker&) = delete;
  ~GzipPacker() override {
    if (is_open_) deflateEnd(&stream_);
  }

  bool is_open() const { return is_open_; }

  std::optional<std::string> Add(std::string_view piece, bool is_last) override {
    std::string packed;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    int result = Z_OK;
    do {
      const size_t begin = packed.size();
      const size_t room = std::max(kBlock, piece.size() / 4);
      packed.resize(begin + room);
      stream_.next_out = reinterpret_cast<Bytef*>(packed.data() + begin);
      stream_.avail_out = static_cast<uInt>(room);
      result = deflate(&stream_, is_last ? Z_FINISH : Z_NO_FLUSH);
      packed.resize(packed.size() - stream_.avail_out);
    } while (stream_.avail_out == 0 && result != Z_STREAM_END);
    // Z_BUF_ERROR: there was nothing to do.
    const bool is_good = is_last ? result == Z_STREAM_END : result == Z_OK || result == Z_BUF_ERROR;
    if (!is_good) return std::nullopt;
    return packed;
  }

 private:
  z_stream stream_{};
  bool is_open_ = false;
};

class ZstdPacker : public Packer {
 public:
  ZstdPacker() : context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) return;
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, kZstdWindowLog);
  }
  ZstdPacker(const ZstdPacker&) = delete;
  ZstdPacker& operator=(const ZstdPacker&) = delete;
  ~ZstdPacker() override { ZSTD_freeCCtx(context_); }

  bool is_open() const { return context_ != nullptr; }

  std::optional<std::string> Add(std::string_view piece, bool is_last) override {
    std::string packed;
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    while (true) {
      const size_t begin = packed.size();
      const size_t room = std::max(kBlock, piece.size() / 4);
      packed.resize(begin + room);
      ZSTD_outBuffer out{packed.data() + begin, room, 0};
      const size_t left =
          ZSTD_compressStream2(context_, &out, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);
      packed.resize(begin + out.pos);
      if (ZSTD_isError(left) != 0) return std::nullopt;
      if (is_last ? left == 0 : in.pos == in.size) return packed;
    }
  }

 private:
  ZSTD_CCtx* const context_;
};

std::optional<std::string> PackZstd(std::string_view text) {
  // The context of a thread is a megabyte that is not made and faulted in for each answer.
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  if (context == nullptr) return std::nullopt;
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  const size_t length = ZSTD_compressCCtx(context.get(), packed.data(), packed.size(), text.data(),
                                          text.size(), kZstdLevel);
  if (ZSTD_isError(length) != 0) return std::nullopt;
  packed.resize(length);
  return packed;
}

template <typename One>
std::unique_ptr<Packer> Opened() {
  auto packer = std::make_unique<One>();
  if (!packer->is_open()) return nullptr;
  return packer;
}

class PackedBody : public BodyStream {
 public:
  PackedBody(std::unique_ptr<BodyStream> inner, std::unique_ptr<Packer> packer)
      : packer_(std::move(packer)), inner_(std::move(inner)) {}

  void Next(Done done) override {
    if (*is_over_) return done(std::nullopt);
    // This may be gone when the piece comes.
    inner_->Next([packer = packer_, is_over = is_over_, done = std::move(done)](Piece piece) {
      if (!piece.ok()) return done(std::move(piece));
      *is_over = !piece->has_value();
      std::optional<std::string> packed =
          packer->Add(*is_over ? std::string_view() : std::string_view(**piece), *is_over);
      if (!packed.has_value())
        return done(absl::ResourceExhaustedError("an answer was not packed"));
      done(*std::move(packed));
    });
  }

  void Cancel() override { inner_->Cancel(); }

 private:
  const std::shared_ptr<Packer> packer_;
  const std::shared_ptr<bool> is_over_ = std::make_shared<bool>(false);
  const std::unique_ptr<BodyStream> inner_;
};

}  // namespace

std::unique_ptr<Packer> MakePacker(Coding coding) {
  return coding == Coding::kZstd ? Opened<ZstdPacker>() : Opened<GzipPacker>();
}

std::optional<std::string> Pack(Coding coding, std::string_view text) {
  if (coding == Coding::kZstd) return PackZstd(text);
  const std::unique_ptr<Packer> packer = MakePacker(coding);
  if (packer == nullptr) return std::nullopt;
  return packer->Add(text, /*is_last=*/true);
}

std::unique_ptr<BodyStream> PackedStream(std::unique_ptr<BodyStream> inner,
                                         std::unique_ptr<Packer> packer) {
  return std::make_unique<PackedBody>(std::move(inner), std::move(packer));
}

}  // namespace datamigrate::gateway
