package dev.holdfast.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.cluster.Cluster.PatchType;
import dev.holdfast.cluster.Cluster.WriteOptions;
import dev.holdfast.engine.backup.BackupOutcome;
import dev.holdfast.engine.restore.RestoreOutcome;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Debian's MariaDB as the container of a StatefulSet: rows are written, the database is backed up
 * while its tables are locked, everything is deleted, and comes back on another node in another
 * namespace.
 */
@org.jspecify.annotations.NullUnmarked
@Timeout(300)
class MariaDbTest {

  private static final String APPLICATION =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: shop}
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: scripts, namespace: shop}
      data:
        run: |
          [ -d /var/lib/mysql/mysql ] || mariadb-install-db --user=mysql --skip-test-db \\
            --auth-root-authentication-method=normal >/tmp/install.log
          mkdir -p /run/mysqld && chown mysql /run/mysqld
          exec mariadbd --no-defaults --user=mysql --datadir=/var/lib/mysql --skip-networking \\
            --socket=/run/mysqld/mysqld.sock
        lock: |
          (echo "FLUSH TABLES WITH READ LOCK; SELECT 'the lock', SLEEP(600);" |
            setsid mariadb --no-defaults -S /run/mysqld/mysqld.sock >/dev/null 2>&1) >/dev/null 2>&1 &
          for i in $(seq 100); do
            mariadb --no-defaults -S /run/mysqld/mysqld.sock -e 'SHOW PROCESSLIST' |
              grep -q 'the lock' && echo tables are locked && exit 0
            sleep 0.1
          done
          exit 1
        unlock: |
          id=$(mariadb --no-defaults -S /run/mysqld/mysqld.sock -N -e 'SHOW PROCESSLIST' |
            grep 'the lock' | cut -f1)
          mariadb --no-defaults -S /run/mysqld/mysqld.sock -e "KILL $id" && echo tables are unlocked
      ---
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db, namespace: shop}
      spec:
        serviceName: db
        selector: {matchLabels: {app: db}}
        template:
          metadata:
            labels: {app: db}
            annotations:
              pre.hook.backup.velero.io/command: '["sh", "/scripts/lock"]'
              pre.hook.backup.velero.io/on-error: Fail
              post.hook.backup.velero.io/command: '["sh", "/scripts/unlock"]'
          spec:
            containers:
            - name: db
              image: localhost/host
              command: [sh, /scripts/run]
              readinessProbe:
                exec:
                  command: [mariadb-admin, --no-defaults, -S, /run/mysqld/mysqld.sock, ping]
              volumeMounts:
              - {name: data, mountPath: /var/lib/mysql}
              - {name: scripts, mountPath: /scripts}
            volumes:
            - name: scripts
              configMap: {name: scripts}
        volumeClaimTemplates:
        - metadata: {name: data}
          spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
      """;

  private static final String SQL = "mariadb --no-defaults -S /run/mysqld/mysqld.sock -N -e ";

  @TempDir Path folder;

  @Test
  @Tag("EBS-1")
  @Tag("EBS-4")
  @Tag("EBS-13")
  @Tag("EMF-3")
  @Tag("EMF-12")
  @Tag("SF-2")
  @Tag("SF-4")
  @Tag("SF-9")
  @Tag("SF-10")
  void aDatabaseComesBackOnAnotherNodeInAnotherNamespace() {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/sbin/mariadbd")),
        "There is no mariadbd (apt-get install mariadb-server): skipped");
    assumeTrue(
        "root".equals(System.getProperty("user.name")),
        "MariaDB's own user can be taken only by root: skipped");
    try (Town town = new Town(folder, 2)) {
      town.apply(APPLICATION);
      town.ready("shop", "db-0");
      town.exec(
          "shop",
          "db-0",
          SQL
              + "'CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, what TEXT);"
              + " INSERT INTO shop.orders SELECT seq, MD5(seq) FROM shop.seq_1_to_2000'");
      String sum = "'SELECT COUNT(*), MD5(GROUP_CONCAT(what ORDER BY id)) FROM shop.orders'";
      String before = town.exec("shop", "db-0", SQL + sum);
      assertThat(before).startsWith("2000\t");

      BackupOutcome backup = town.backup(Town.op(), "nightly", "shop", "");
      assertThat(backup.results().errors().all()).isEmpty();
      town.exec("shop", "db-0", SQL + "'INSERT INTO shop.orders VALUES (9999, 1)'");

      String node = town.get("pods", "shop", "db-0").orElseThrow().at("/spec/nodeName").asText();
      town.delete("namespaces", "", "shop");
      var _ =
          town.cluster()
              .patch(
                  Town.op(),
                  town.type("nodes"),
                  "",
                  node,
                  PatchType.MERGE,
                  "{\"spec\":{\"unschedulable\":true}}".getBytes(StandardCharsets.UTF_8),
                  WriteOptions.NONE);
      RestoreOutcome restore =
          town.restore(Town.op(), "back", "nightly", ",'namespaceMapping':{'shop':'rescue'}");
      assertThat(restore.results().errors().all()).isEmpty();
      town.ready("rescue", "db-0");
      assertThat(town.get("pods", "rescue", "db-0").orElseThrow().at("/spec/nodeName").asText())
          .isNotEqualTo(node);
      assertThat(town.exec("rescue", "db-0", SQL + sum)).isEqualTo(before);
    }
  }
}
