// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.race;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Loads the machine, and the tests that run it, once more: with faults planted in it. */
final class PlantingLoader extends ClassLoader {
  private static final String OURS = "org.samepage.";

  private final List<Plant> plants;
  private final Set<Plant> planted = new HashSet<>();

  PlantingLoader(List<Plant> plants) {
    super(PlantingLoader.class.getClassLoader());
    this.plants = plants;
  }

  /** The plants that were found a place for. */
  Set<Plant> planted() {
    return planted;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : define(name);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (InputStream in =
        Objects.requireNonNull(getParent())
            .getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      byte[] bytes = in.readAllBytes();
      String simple = name.substring(name.lastIndexOf('.') + 1);
      for (Plant plant : plants) {
        if (plant.owner().equals(simple)) {
          bytes = plant(bytes, plant);
        }
      }
      return defineClass(name, bytes, 0, bytes.length);
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }

  private byte[] plant(byte[] bytes, Plant plant) {
    ClassFile files = ClassFile.of();
    return files.transformClass(
        files.parse(bytes),
        ClassTransform.transformingMethodBodies(
            method -> method.methodName().equalsString(plant.method()),
            plant.transform(() -> planted.add(plant))));
  }
}
