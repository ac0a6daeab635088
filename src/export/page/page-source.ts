import type { Gatherer } from '../../gather/gatherer.js'

/** What the page of a metrics port shows, and where its files are. */
export interface PageSource {
  /** The families. */
  readonly gatherer: Gatherer
  /** The folder with the HTML, CSS and JavaScript of the page; undefined in a bundle that lacks them. */
  readonly folder: string | undefined
  /** Returns where the numbers are kept: `directory /run/shop/metrics`. */
  readonly location: () => string
  /** Returns what the kernel reports about the process of a writer; undefined if it is not visible from here. */
  readonly sample?: (writer: string) => SampledProcess | undefined
  /** Returns what a supervisor in this process knows about a process; undefined if it is none of its own. */
  readonly supervised?: (pid: number) => SupervisedProcess | undefined
}

/** A process of a supervised application, as its supervisor sees it. */
export interface SupervisedProcess {
  readonly blocked: boolean
}

/** The kernel's numbers about the process of a writer. */
export interface SampledProcess {
  readonly pid: number
  /** User and system time since the process started. */
  readonly cpuSeconds: number
  readonly residentBytes: number
}
