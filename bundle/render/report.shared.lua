-- What the PDF's filter and the page's share: references, and how tables are read.

local file = assert(io.open("targets.json")) -- written by document.py
local targets = pandoc.json.decode(file:read("a"), false)
file:close()
local linked = {} -- addresses

-- Point a link at what it names. `to_beside` returns a reference to the document beside this one. What parameters left
-- out is worded so, and a path to a file leads nowhere from a document that stands alone.
local function link(element, to_beside)
  local target = element.target
  if target:match("^%a+:") then
    linked[target] = true
    return element
  end
  local label = target:match("#(figure%-%w+)$") or target:match("#(table%-%w+)$")
  local part = target:match("([%w_-]+)%.ipynb$")
  local place = targets.places[label or part]
  if place == targets.document then
    element.target = "#" .. (label or part)
  elseif label and place then
    return to_beside(element, label, place)
  elseif label then
    return element.content .. pandoc.Inlines(" (not in this report)")
  elseif not target:match("^#") then
    return element.content
  end
  return element
end

-- Have those works of the bibliography listed whose addresses links lead to.
local function cite(doc)
  local function cited(keys)
    local citations = keys:map(function(key) return pandoc.Citation(key, "NormalCitation") end)
    return pandoc.Inlines({ pandoc.Cite({}, citations) })
  end
  doc.meta.nocite = cited(pandoc.List({ "*" }))
  local keys = pandoc.List({})
  for _, work in ipairs(pandoc.utils.references(doc)) do
    local address = work.doi and "https://doi.org/" .. work.doi or pandoc.utils.stringify(work.url)
    if linked[address] then keys:insert(work.id) end
  end
  doc.meta.nocite = cited(keys)
end

-- A row whose first cell is empty belongs to the row above: their first cells become one. Returns where groups
-- of rows begin, and how many rows each has.
local function group_rows(rows)
  local groups = {}
  for i, row in ipairs(rows) do
    if i > 1 and #row.cells > 1 and pandoc.utils.stringify(row.cells[1].contents) == "" then
      row.cells:remove(1)
      groups[#groups].size = groups[#groups].size + 1
    else
      table.insert(groups, { first = i, size = 1 })
    end
  end
  for _, group in ipairs(groups) do
    if group.size > 1 then rows[group.first].cells[1].row_span = group.size end
  end
  return groups
end

local verdicts = {
  ["holds"] = "holds",
  ["fails"] = "fails",
  ["does not hold"] = "fails",
  ["undecided"] = "undecided",
  ["depends"] = "undecided",
}

-- Return the class of a cell that is a verdict: "holds", "holds, 41/49", or "holds: 83.5 %".
local function verdict(text)
  return verdicts[text:match("^([%a ]+), %d+/%d+$") or text:match("^(%a+): ") or text]
end

return {
  cite = cite,
  group_rows = group_rows,
  link = link,
  half = 3.16, -- inches: figures up to this wide stand side by side
  verdict = verdict,
}
