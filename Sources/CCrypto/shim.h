#ifndef CCRYPTO_SHIM_H
#define CCRYPTO_SHIM_H
#include <stddef.h>

// The plain SHA256_* calls are marked deprecated in favour of EVP, whose first use reads a
// configuration file and loads a provider: 0.7 ms of the 30 ms that a whole replay may take.
// Both run the same code afterwards.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

static inline void ccrypto_sha256_begin(SHA256_CTX *state) { SHA256_Init(state); }
static inline void ccrypto_sha256_add(SHA256_CTX *state, const void *bytes, size_t count) {
  SHA256_Update(state, bytes, count);
}
// Writes 32 bytes.
static inline void ccrypto_sha256_end(SHA256_CTX *state, unsigned char *digest) {
  SHA256_Final(digest, state);
}
#endif
