// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.digest;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;

/** What a capture says instead of a frame number: equal for equal frames of one snapshot. */
public final class FrameAlias {
  private final Cipher cipher;
  private final ByteBuffer block = ByteBuffer.allocate(PageDigest.BYTES);
  private final byte[] sealed = new byte[PageDigest.BYTES];

  /**
   * Aliases under a key.
   *
   * @param salt another one for each capture
   */
  public FrameAlias(CaptureKey key, byte[] salt) {
    this.cipher = key.frameCipher(salt);
  }

  /** The alias of a frame. */
  public long of(long pfn) {
    try {
      block.putLong(0, pfn);
      var _ = cipher.update(block.array(), 0, PageDigest.BYTES, sealed, 0);
      return ByteBuffer.wrap(sealed).getLong();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
