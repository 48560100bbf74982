const PROJECTS = [
  { name: "Harbour survey", done: 72, due: "Friday" },
  { name: "Website, second half", done: 40, due: "next week" },
  { name: "Autumn catalogue", done: 95, due: "tomorrow" },
];

export function Projects() {
  return (
    <ul className="cards">
      {PROJECTS.map(({ name, done, due }) => (
        <li key={name} className="card">
          <h2>{name}</h2>
          <progress value={done} max={100} aria-label={`${name}: ${done} % done`} />
          <p>
            {done} % done, due {due}
          </p>
        </li>
      ))}
    </ul>
  );
}
