/** From this share on a file system counts as full: what fills it has a few hours or days left, not weeks. */
const fullPercent = 85;

/**
 * `file_systems PATH...` for status commands: JSON of the file systems that hold the paths, each with the used share
 * of its bytes and of its inodes, and the reasons why one counts as full.
 */
export const fileSystemsFunction = `file_systems() {
  { df --output=target,pcent,ipcent "$@" 2>/dev/null || true; } | tail -n +2 | sort -u |
    jq -Rn '[inputs | [splits(" +")] | {path: .[0], usedPercent: (.[1] | rtrimstr("%") | tonumber? // 0), inodesPercent: (.[2] | rtrimstr("%") | tonumber? // 0)}]
      | {list: ., reasons: map(
          (select(.usedPercent > ${fullPercent}) | "\\(.path) is full: \\(.usedPercent) %"),
          (select(.inodesPercent > ${fullPercent}) | "\\(.path) is full: \\(.inodesPercent) % of its inodes"))}
      | {up: (.reasons == []), list, reasons}'
}`;
