export default function Page() {
  return <p>Jobs</p>
}
