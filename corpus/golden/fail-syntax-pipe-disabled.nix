1 |> toString
