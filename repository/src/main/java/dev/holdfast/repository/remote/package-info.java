/**
 * A backup in two halves: one that reads files where they are and holds no key, one that holds the
 * repository. Between them goes a stream of frames in each direction, version 4. One session saves
 * any number of places, one after the other:
 *
 * <pre>
 * frame    = kind (1 byte), number (4 bytes), length (4 bytes), payload; integers are big-endian
 *
 * mover    → HELLO    number = version, payload = "holdfast mover"
 * for each place:
 *   keeper → START    JSON: place (below the mover's directory; absent: that itself), device
 *                     (the name of its file, or absent), polynomial, tree (the parent's, or absent),
 *                     level (of zstd), threads (0: as the mover has cores)
 *   mover  → MISSING  number = of the question, payload = blob type (1 byte), ids (32 bytes each)
 *   keeper → ANSWER   number = of the question, payload = a bit for each id, lowest first
 *   mover  → TREE     number = of the question, payload = id of a tree of the parent snapshot
 *   keeper → ANSWER   its text compressed, without files whose content is not there; or empty
 *   mover  → BLOB     number = length of the plaintext, payload = type, id, the plaintext by zstd
 *   mover  → READ     payload = bytes that were read since the last one (8 bytes)
 *   mover  → UNREAD   payload = JSON: path, why, changed: an entry that could not be read, or changed
 *   mover  → DONE     payload = JSON: the root tree's id, counts, the directory's root tag; it now
 *                     waits for START or END
 *   mover  → FAILED   payload = a sentence; this ends the session
 * keeper   → END      the mover may go
 * </pre>
 *
 * What has come by DONE is all that there is of a place: its root tree names every blob, and the
 * keeper has seen each that it asked for. Version 3 saved one directory, which stood in the mover's
 * command line; a keeper and a mover of different versions part at HELLO.
 *
 * <p>A blob of at most 16 KiB may come without a question. The keeper checks every blob against its
 * id, drops what it has, and sees that all that it asked for came.
 */
@NullMarked
package dev.holdfast.repository.remote;

import org.jspecify.annotations.NullMarked;
