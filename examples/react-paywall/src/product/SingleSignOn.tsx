export function SingleSignOn() {
  return (
    <form className="card form" onSubmit={(event) => event.preventDefault()}>
      <label>
        Your provider's address
        <input type="url" placeholder="https://sign-in.example.com/" />
      </label>
      <label>
        Domain of your people's addresses
        <input placeholder="example.com" />
      </label>
      <button>Connect</button>
    </form>
  );
}
