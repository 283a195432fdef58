import CCrypto

/// The checksum that an end marker carries: the first ten characters of the base64url (RFC 4648,
/// section 5) of the SHA-256 of a body whose lines end in LF. 60 bits: it tells edits, and is no
/// defence against somebody who forges one.
package func bodyChecksum(_ body: some Sequence<UInt8>) -> String {
  let bytes = Array(body)
  var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
  _ = SHA256(bytes, bytes.count, &digest)
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  var characters: [UInt8] = []
  var word: UInt32 = 0
  var bits: UInt32 = 0
  for byte in digest {
    word = (word << 8 | UInt32(byte)) & 0xFFFF
    bits += 8
    while bits >= 6, characters.count < 10 {
      bits -= 6
      characters.append(alphabet[Int(word >> bits & 63)])
    }
  }
  return String(decoding: characters, as: UTF8.self)
}

/// The bytes with each CR LF and each lone CR turned into LF.
func withLineFeeds(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(bytes.count)
  var index = bytes.startIndex
  while index < bytes.endIndex {
    let byte = bytes[index]
    index += 1
    if byte == Ascii.carriageReturn {
      if index < bytes.endIndex, bytes[index] == Ascii.lineFeed { index += 1 }
      result.append(Ascii.lineFeed)
    } else {
      result.append(byte)
    }
  }
  return result
}
