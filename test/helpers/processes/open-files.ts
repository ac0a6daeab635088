import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The files that a process has open or mapped, apart from addons; only those with `part` in their path. */
export function openFilesOf(pid: number, part = '/'): string[] {
  const open = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
    } catch {
      return []
    }
  })
  return [...new Set([...open, ...mappedFilesOf(pid, part)])].filter(
    (path) => path.startsWith('/') && path.includes(part) && !path.endsWith('.node'),
  )
}

/** The files that a process has mapped; only those with `part` in their path. */
export function mappedFilesOf(pid: number, part = '/'): string[] {
  const paths = readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .map((line) => line.split(/\s+/).slice(5).join(' '))
  return [...new Set(paths)].filter((path) => path.startsWith('/') && path.includes(part))
}
