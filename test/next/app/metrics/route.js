import { register } from 'promhive'

export const dynamic = 'force-dynamic'

export async function GET(request) {
  const { contentType, chunks } = await register.expose(request.headers.get('accept') ?? undefined)
  return new Response(Buffer.concat(chunks), { headers: { 'content-type': contentType } })
}
