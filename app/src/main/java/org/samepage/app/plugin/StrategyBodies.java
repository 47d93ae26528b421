// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.plugin;

import java.util.Map;

/** The texts of a new strategy's files; words between {@code @} are filled in. */
final class StrategyBodies {
  static final String POM =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <project xmlns="http://maven.apache.org/POM/4.0.0">
        <modelVersion>4.0.0</modelVersion>
        <groupId>strategy</groupId>
        <artifactId>@NAME@</artifactId>
        <version>1</version>
        <!-- Samepage is in no public repository: in its checkout, once, and after each change there,
               mvn -q -DskipTests -pl strategies -am install
             puts what is needed here into the local one (~/.m2). Then, here,
               mvn -q package
             tests the strategy by the contract of its extension point and writes the jar. -->
        <properties>
          <maven.compiler.release>25</maven.compiler.release>
          <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
        </properties>
        <dependencies>
          <dependency>
            <groupId>org.samepage</groupId>
            <artifactId>samepage-strategies</artifactId>
            <version>@VERSION@</version>
            <scope>provided</scope>
          </dependency>
          <!-- the contract that the strategy is tested by -->
          <dependency>
            <groupId>org.samepage</groupId>
            <artifactId>samepage-strategies</artifactId>
            <version>@VERSION@</version>
            <type>test-jar</type>
            <scope>test</scope>
          </dependency>
          <dependency>
            <groupId>org.samepage</groupId>
            <artifactId>samepage-mm-core</artifactId>
            <version>@VERSION@</version>
            <type>test-jar</type>
            <scope>test</scope>
          </dependency>
          <dependency>
            <groupId>org.junit.jupiter</groupId>
            <artifactId>junit-jupiter</artifactId>
            <version>5.14.4</version>
            <scope>test</scope>
          </dependency>
          <dependency>
            <groupId>org.assertj</groupId>
            <artifactId>assertj-core</artifactId>
            <version>3.27.7</version>
            <scope>test</scope>
          </dependency>
        </dependencies>
        <build>
          <plugins>
            <!-- finds a JDK that is new enough, whatever Maven itself runs on -->
            <plugin>
              <artifactId>maven-toolchains-plugin</artifactId>
              <version>3.3.0</version>
              <executions>
                <execution>
                  <goals>
                    <goal>select-jdk-toolchain</goal>
                  </goals>
                  <configuration>
                    <version>[25,)</version>
                  </configuration>
                </execution>
              </executions>
            </plugin>
            <plugin>
              <artifactId>maven-resources-plugin</artifactId>
              <version>3.3.1</version>
            </plugin>
            <plugin>
              <artifactId>maven-compiler-plugin</artifactId>
              <version>3.16.0</version>
            </plugin>
            <plugin>
              <artifactId>maven-jar-plugin</artifactId>
              <version>3.5.1</version>
            </plugin>
            <plugin>
              <artifactId>maven-surefire-plugin</artifactId>
              <version>3.6.1</version>
              <configuration>
                <argLine>--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow</argLine>
              </configuration>
            </plugin>
          </plugins>
        </build>
      </project>
      """;

  static final String REFERENCE =
      """
      # A profile with the strategy, and settings of its own below ext.@POINT@.@NAME@, if it has some.
      profiles."@NAME@" {
        summary = "linux-6.18, with @NAME@."
        class = "A"
        scan = @scan@
        unmerge = @unmerge@
        rmap-walk = @rmap-walk@
        rmap-item-layout = @rmap-item-layout@
      }
      """;

  static final String CLASS =
      """
      package strategy;

      @IMPORTS@import java.util.List;
      import org.samepage.ksm.spi.@INTERFACE@;
      import org.samepage.ksm.spi.StrategySpec;
      import org.samepage.ksm.wiring.Offer;
      import org.samepage.ksm.wiring.StrategyBundle;

      /** Offers @NAME@; the service file names this class. */
      public final class @TYPE@Plugin extends StrategyBundle {
        public @TYPE@Plugin() {
          super(List.of(new Offer<>(@INTERFACE@.class, @TYPE@.class)));
        }

        /** As @LIKE@, to begin with; what it is given comes by its constructor. */
        @StrategySpec(
            name = "@NAME@",
            summary = "As @LIKE@, to begin with.",
            origin = "ours",
            cost = "as @LIKE@",
            tells = "none yet")
        static final class @TYPE@ implements @INTERFACE@ {
      @BODY@  }
      }
      """;

  static final String TEST =
      """
      package strategy;

      import org.samepage.ksm.spi.@INTERFACE@;
      import org.samepage.strategies.kit.@INTERFACE@Contract;

      /** A failing line says which promise of the extension point is broken. */
      final class @TYPE@PluginTest extends @INTERFACE@Contract {
        @Override
        protected Class<? extends @INTERFACE@> strategy() {
          return @TYPE@Plugin.@TYPE@.class;
        }
      @MORE@}
      """;

  static final Map<String, String> SCAN =
      Map.of(
          "INTERFACE",
          "ScanStrategy",
          "LIKE",
          "per-address",
          "IMPORTS",
          """
          import jakarta.inject.Inject;
          """,
          "BODY",
          """
              private final org.samepage.mm.phys.Folios folios;
              private final org.samepage.pagewalk.FolioWalk walk;
              private final org.samepage.mm.sched.Sched sched;

              @Inject
              @TYPE@(
                  org.samepage.mm.phys.Folios folios,
                  org.samepage.pagewalk.FolioWalk walk,
                  org.samepage.mm.sched.Sched sched) {
                this.folios = folios;
                this.walk = walk;
                this.sched = sched;
              }

              @Override
              public boolean nextPage(
                  org.samepage.mm.vma.Mm mm,
                  org.samepage.ksm.state.KsmScan cursor,
                  org.samepage.ksm.spi.ScanHit hit) {
                for (int i = mm.vmas.positionOf(cursor.address); i < mm.vmas.size(); i++) {
                  org.samepage.mm.vma.VmArea vma = mm.vmas.get(i);
                  if (!vma.has(org.samepage.mm.vma.VmFlags.VM_MERGEABLE)) {
                    continue;
                  }
                  cursor.address = Math.max(cursor.address, vma.vmStart);
                  if (vma.anonVma == null) {
                    cursor.address = vma.vmEnd;
                  }
                  while (cursor.address < vma.vmEnd
                      && !org.samepage.ksm.slots.KsmSlots.ksmTestExit(mm)) {
                    if (isCandidate(vma, cursor.address, hit)) {
                      return true;
                    }
                    cursor.address += 4096;
                    sched.condResched();
                  }
                }
                return false;
              }

              private boolean isCandidate(
                  org.samepage.mm.vma.VmArea vma, long addr, org.samepage.ksm.spi.ScanHit hit) {
                sched.current().work.addressesProbed++;
                int folio = walk.folioWalkStart(vma, addr, 0);
                if (folio == org.samepage.mm.phys.Frames.NO_PAGE) {
                  return false;
                }
                boolean anon = folios.folioTestAnon(folio);
                if (anon) {
                  folios.folioGet(folio);
                  sched.current().work.folioGets++;
                  hit.set(walk.page, vma);
                }
                walk.folioWalkEnd();
                return anon;
              }
          """,
          "MORE",
          """

            @Override
            protected boolean walksRanges() {
              return false;
            }
          """);

  static final Map<String, String> UNMERGE =
      Map.of(
          "INTERFACE",
          "UnmergeStrategy",
          "LIKE",
          "per-address",
          "IMPORTS",
          """
          import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_REMOTE;
          import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_UNSHARE;
          import static org.samepage.mm.spi.FaultHandler.VM_FAULT_ERROR;
          import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;

          import jakarta.inject.Inject;
          import jakarta.inject.Provider;
          """,
          "BODY",
          """
              private final org.samepage.mm.sched.Sched sched;
              private final org.samepage.mm.phys.Folios folios;
              private final Provider<org.samepage.pagewalk.FolioWalk> walks;
              private final org.samepage.mm.spi.FaultHandler faults;

              @Inject
              @TYPE@(
                  org.samepage.mm.sched.Sched sched,
                  org.samepage.mm.phys.Folios folios,
                  Provider<org.samepage.pagewalk.FolioWalk> walks,
                  org.samepage.mm.spi.FaultHandler faults) {
                this.sched = sched;
                this.folios = folios;
                this.walks = walks;
                this.faults = faults;
              }

              @Override
              public int unmergeRange(
                  org.samepage.mm.vma.VmArea vma, long start, long end, boolean lockVma) {
                int err = 0;
                for (long addr = start; addr < end && err == 0; addr += 4096) {
                  if (org.samepage.ksm.slots.KsmSlots.ksmTestExit(vma.vmMm)) {
                    break;
                  }
                  err =
                      sched.current().signalPending()
                          ? -org.samepage.mm.errno.Errno.ERESTARTSYS
                          : breakPage(vma, addr, lockVma);
                }
                return err;
              }

              @Override
              public int breakPage(org.samepage.mm.vma.VmArea vma, long addr, boolean lockVma) {
                int ret = 0;
                while ((ret & VM_FAULT_ERROR) == 0) {
                  sched.condResched();
                  sched.current().work.addressesProbed++;
                  if (!isMerged(vma, addr)) {
                    return 0;
                  }
                  ret = faults.handleMmFault(vma, addr, FAULT_FLAG_UNSHARE | FAULT_FLAG_REMOTE);
                }
                return (ret & VM_FAULT_OOM) != 0 ? -org.samepage.mm.errno.Errno.ENOMEM : 0;
              }

              private boolean isMerged(org.samepage.mm.vma.VmArea vma, long addr) {
                org.samepage.pagewalk.FolioWalk walk = walks.get();
                // a page that is being moved is merged, too: the fault waits until it is there
                int folio =
                    walk.folioWalkStart(
                        vma,
                        addr,
                        org.samepage.pagewalk.FolioWalk.FW_MIGRATION
                            | org.samepage.pagewalk.FolioWalk.FW_ZEROPAGE);
                if (folio == org.samepage.mm.phys.Frames.NO_PAGE) {
                  return false;
                }
                // the zero page that ksmd maps is marked by the dirty bit
                boolean zero = org.samepage.mm.phys.Folios.isZeroPfn(folio);
                boolean merged =
                    zero
                        ? org.samepage.mm.pgtable.Pte.pteDirty(walk.pte)
                        : folios.folioTestKsm(folio);
                walk.folioWalkEnd();
                return merged;
              }
          """,
          "MORE",
          "");

  static final Map<String, String> RMAP_WALK =
      Map.of(
          "INTERFACE",
          "RmapWalkStrategy",
          "LIKE",
          "full-range",
          "IMPORTS",
          "",
          "BODY",
          """
              @Override
              public long firstPgoff(org.samepage.ksm.state.KsmRmapItem item) {
                return 0;
              }

              @Override
              public long lastPgoff(org.samepage.ksm.state.KsmRmapItem item) {
                return -1; // unsigned: all there are
              }
          """,
          "MORE",
          """

            @Override
            protected org.samepage.ksm.spi.RmapItemLayout layout() {
              return () -> 64; // keeps no index, which this strategy does not ask for
            }
          """);

  static final Map<String, String> LAYOUT =
      Map.of(
          "INTERFACE",
          "RmapItemLayout",
          "LIKE",
          "none",
          "IMPORTS",
          "",
          "BODY",
          """
              @Override
              public int rmapItemSize() {
                return 64;
              }
          """,
          "MORE",
          """

            @Override
            protected int size() {
              return 64;
            }

            @Override
            protected boolean keepsIndex() {
              return false;
            }
          """);

  private StrategyBodies() {}
}
