// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.digest;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.samepage.mm.units.PageUnits;

/** The secret under which the pages of a capture are hashed, and what is derived from it. */
public final class CaptureKey {
  /** Bytes of a key. */
  public static final int BYTES = 32;

  private static final int UNIVERSAL_WORDS = PageUnits.PAGE_BYTES / Long.BYTES + 3;

  private final SecretKey secret;

  private CaptureKey(SecretKey secret) {
    this.secret = secret;
  }

  /**
   * A key of random bytes.
   *
   * @param bytes {@value #BYTES} of them
   */
  public static CaptureKey of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException(
          "a key has %d bytes, not %d".formatted(BYTES, bytes.length));
    }
    return new CaptureKey(new SecretKeySpec(bytes, "Generic"));
  }

  /** Equal for captures under one key, which alone can be compared; says nothing else of it. */
  public long fingerprint() {
    return ByteBuffer.wrap(derive("fingerprint", new byte[0], Long.BYTES)).getLong();
  }

  /** The words of the universal hash. */
  long[] universal() {
    long[] words = new long[UNIVERSAL_WORDS];
    ByteBuffer.wrap(derive("universal hash", new byte[0], UNIVERSAL_WORDS * Long.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asLongBuffer()
        .get(words);
    return words;
  }

  /** AES for what the universal hash gives. */
  Cipher pageCipher() {
    return cipher("page", new byte[0]);
  }

  /**
   * AES for frame numbers.
   *
   * @param salt another one for each capture, so that numbers of two of them cannot be matched
   */
  Cipher frameCipher(byte[] salt) {
    return cipher("frame", salt);
  }

  private Cipher cipher(String purpose, byte[] salt) {
    try {
      Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
      cipher.init(
          Cipher.ENCRYPT_MODE, new SecretKeySpec(derive(purpose + " cipher", salt, BYTES), "AES"));
      return cipher;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private byte[] derive(String purpose, byte[] salt, int length) {
    try {
      HKDFParameterSpec spec =
          HKDFParameterSpec.ofExtract()
              .addIKM(secret)
              .addSalt(salt)
              .thenExpand(("samepage " + purpose).getBytes(StandardCharsets.US_ASCII), length);
      return KDF.getInstance("HKDF-SHA256").deriveData(spec);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
