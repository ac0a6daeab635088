import { Counter } from 'promhive'

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'] })

export const dynamic = 'force-dynamic'

export async function POST(_request, { params }) {
  const { queue } = await params
  jobs.inc({ queue })
  return Response.json({ pid: process.pid })
}
