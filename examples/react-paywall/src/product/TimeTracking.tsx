const ENTRIES = [
  { who: "Ines", what: "Harbour survey", hours: 6.5 },
  { who: "Tomás", what: "Website, second half", hours: 4 },
  { who: "Ravi", what: "Autumn catalogue", hours: 7.25 },
];

export function TimeTracking() {
  return (
    <table className="card">
      <thead>
        <tr>
          <th scope="col">Who</th>
          <th scope="col">Worked on</th>
          <th scope="col" className="number">
            Hours today
          </th>
        </tr>
      </thead>
      <tbody>
        {ENTRIES.map(({ who, what, hours }) => (
          <tr key={who}>
            <th scope="row">{who}</th>
            <td>{what}</td>
            <td className="number">{hours.toFixed(2)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
