// SPDX-License-Identifier: GPL-2.0-only

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A service under load: 64 MiB of reference data that stay, and 10 MB of garbage a second. */
public final class BusyService {
  private static final int ROWS = 16_384;
  private static final int SESSIONS = 500;

  private BusyService() {}

  /** Runs until it is ended. */
  public static void main(String[] args) throws InterruptedException {
    byte[][] table = new byte[ROWS][];
    for (int i = 0; i < ROWS; i++) {
      table[i] = new byte[4080];
      new Random(i).nextBytes(table[i]);
    }
    System.gc();
    Random random = new Random();
    List<byte[]> sessions = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      sessions.add(new byte[0]);
    }
    while (true) {
      for (int request = 0; request < 20; request++) {
        byte[] answer = new byte[2000 + random.nextInt(6000)];
        random.nextBytes(answer);
        answer[0] = table[random.nextInt(ROWS)][5];
        sessions.set(random.nextInt(SESSIONS), answer);
      }
      Thread.sleep(10);
    }
  }
}
