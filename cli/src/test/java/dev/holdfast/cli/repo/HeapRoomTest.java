package dev.holdfast.cli.repo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapRoomTest {

  @Test
  void workersFitInTheHeap() {
    assertThat(HeapRoom.workers(8, 28 << 20, 134 << 20)).isEqualTo(3);
    assertThat(HeapRoom.workers(2, 28 << 20, 134 << 20)).isEqualTo(2);
    assertThat(HeapRoom.workers(64, 28 << 20, 2L << 30)).isEqualTo(64);
    assertThat(HeapRoom.workers(8, 28 << 20, 16 << 20)).isEqualTo(1);
  }
}
